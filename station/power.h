/*
 * A hub's port switched off and on, where the kernel offers it (Linux 6.0 and later, a hub
 * that can, and a user who may write the file). docs/serial-ports.md, Hub power.
 *
 * A port is never left off: whatever happens, power_cycle() switches it on again before
 * it returns, and power_restore() does it for a worker that is stuck. Only kill -9 in the second
 * between can leave it off; then writing 0 to the file, or plugging the hub in
 * again, brings it back.
 */
#ifndef STATION_POWER_H
#define STATION_POWER_H

#include "engine/base/clock.h"
#include "station/ports.h"

#include <stdatomic.h>

#define POWER_PATH_BYTES 640
#define POWER_NOTE_BYTES 160

struct power_switch {
	char path[POWER_PATH_BYTES]; /* of the file; "" there is none */
	char peer[POWER_PATH_BYTES]; /* the same connector on the hub's other speed; "" none */
	atomic_bool is_off;          /* false from the beginning */
};

/*
 * The switch of the hub port that this unit hangs on. false: there is none that may be
 * used: no such file, not this user's to write, or what hangs there is not this unit
 * alone (a hub, or a device with other ports). note: why not, for the unit's log, "" where
 * the system has no such file.
 */
bool power_find(struct power_switch *p, const char *sysfs_tty, const struct port *port,
		char note[static POWER_NOTE_BYTES]);

/*
 * Off, for off_ms or until *cancel, and on again. STATUS_NOT_SUPPORTED: the hub refused to
 * switch off. STATUS_CANCELLED: it is on again. STATUS_PORT_FAILED: it could not be
 * switched on again; the text says what to do.
 */
enum status power_cycle(struct power_switch *p, const struct clock *clock, uint32_t off_ms,
			const atomic_bool *cancel, struct err *err);

/* Switch on what is off, once. Any thread. false: it could not be. */
bool power_restore(struct power_switch *p);

#define POWER_SYSFS "/sys/bus/usb/devices"

/*
 * Calls found with the `disable` file of every hub port that is off now: a run that was killed
 * (SIGKILL, a crash) in the second of its switching leaves its own so. Asks every hub, some ms
 * each. sysfs_usb: POWER_SYSFS.
 */
void power_find_off(const char *sysfs_usb, void (*found)(void *ctx, const char *path), void *ctx);

#endif
