/*
 * A serial port through libserialport, with that library's traps closed.
 *
 * The port is opened exclusively and close-on-exec; hang-up on close and
 * hardware flow control are switched off; both lines are released in one
 * request straight after the open. A port that another program has locked is not
 * opened at all. Waits use poll and notice a hang-up at once (serial_io.h).
 * Only this file includes libserialport.h. docs/serial-ports.md says why.
 */
#ifndef ENGINE_TRANSPORT_SERIAL_H
#define ENGINE_TRANSPORT_SERIAL_H

#include "engine/transport.h"

/*
 * node: "/dev/ttyUSB0" or a link to one. cancel may be NULL and must outlive the
 * transport. Opens at 115200 8N1. Can block for some seconds on a wedged bridge.
 * STATUS_PORT_GONE no such port, STATUS_PORT_BUSY (err names the holder where
 * it can be found), STATUS_PORT_DENIED, STATUS_PORT_OPEN_FAILED (also where the
 * port has no modem lines: libserialport cannot open it).
 */
enum status transport_serial_open(const char *node, const atomic_bool *cancel,
				  struct transport **out, struct err *err);

#endif
