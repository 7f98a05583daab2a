/*
 * Which program has a device open, as far as this user may see it. Nothing here
 * touches the device.
 */
#ifndef ENGINE_PORT_HOLDER_H
#define ENGINE_PORT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct port_holder {
	pid_t pid;
	char command[64]; /* its command line, cut; printable */
};

/*
 * Who has this node open. proc: "/proc". Another process before this one. Walks
 * every process that can be read: for a port that was refused, not for each.
 */
bool port_holder_find(const char *proc, const struct stat *node, struct port_holder *holder);

/* A device, and who has it open; pid 0: nobody that this user may see. */
struct port_held {
	dev_t device;
	struct port_holder holder;
};

/* The same for several devices in one walk; only their holders are written. */
void port_holders_find(const char *proc, struct port_held *devices, size_t count);

/*
 * Who has this node locked with flock, as flashers do. Reads one file, so it can
 * be asked before an open, which would disturb the lines of whoever is there.
 */
bool port_holder_of_lock(const char *proc, const struct stat *node, struct port_holder *holder);

#endif
