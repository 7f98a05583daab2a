/*
 * A file of its own, because the kernel's header for rates of any number cannot
 * stand beside <termios.h>, and glibc knows no rates outside its list.
 */
#include "engine/serial_io.h"

#include <asm/termbits.h>
#include <errno.h>
#include <sys/ioctl.h>

/* CP210x and CH340 miss some rates by a per cent. docs/bridges.md. */
#define RATE_TOLERANCE_PERCENT 2

int serial_read_rate(int fd, uint32_t *rate_baud)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t) != 0)
		return errno;
	*rate_baud = t.c_ospeed;
	return 0;
}

bool serial_is_rate_close(uint32_t asked_baud, uint32_t actual_baud)
{
	uint32_t off =
		asked_baud > actual_baud ? asked_baud - actual_baud : actual_baud - asked_baud;

	return (uint64_t)off * 100 <= (uint64_t)asked_baud * RATE_TOLERANCE_PERCENT;
}
