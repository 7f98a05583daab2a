/*
 * Which program has a device open, as far as this user may see it.
 *
 * Asked only when an open was refused: it walks every process that can be read.
 */
#ifndef ENGINE_PORT_HOLDER_H
#define ENGINE_PORT_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

struct port_holder {
	pid_t pid;
	char command[64]; /* its command line, cut; printable */
};

/* proc: "/proc". device: st_rdev of the node. Another process before this one. */
bool port_holder_find(const char *proc, dev_t device, struct port_holder *holder);

#endif
