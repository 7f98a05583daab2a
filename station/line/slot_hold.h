/*
 * A slot belongs to one line of this computer: two that look at the same nest would flash each unit
 * twice, one after the other, whatever databases they write to.
 *
 * Each slot is a name among the kernel's abstract sockets, which ends with its process, however
 * that ends. It counts among programs that see the same sysfs and the same network namespace; what
 * a container cannot see, the lock on each open port keeps apart (engine/transport_serial.h).
 */
#ifndef STATION_LINE_SLOT_HOLD_H
#define STATION_LINE_SLOT_HOLD_H

#include "station/line/station_file.h"

struct slot_hold;

/*
 * The slots that are used, or, with takes_all, every port there is: then no other line may have a
 * slot, nor get one. STATUS_FILE: another one has, named with its process; STATUS_NO_MEMORY.
 */
enum status slot_hold_take(const char *sysfs_tty, const struct station_slot *slots, size_t count,
			   bool takes_all, struct slot_hold **out, struct err *err);
void slot_hold_free(struct slot_hold *h); /* NULL is fine */

#endif
