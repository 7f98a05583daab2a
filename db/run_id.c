#include "db/db.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

/*
 * RFC 9562, 5.7: 48 bits of milliseconds, version 7, variant 10, the rest random but for
 * the 12 bits behind the version: they are the fraction of the millisecond (6.2, method 3),
 * so that of two decisions that follow each other at once the later one is the newer.
 */
void db_new_run_id(char run_id[static RUN_ID_BYTES])
{
	struct timespec now;
	uint8_t id[16];
	char hex[2 * sizeof(id) + 1];

	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	uint32_t fraction = (uint32_t)((uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000);

	/* Interrupted at most: the kernel's pool is filled long before a user logs in. */
	while (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		;
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(now_ms >> (40 - 8 * i));
	id[6] = (uint8_t)(0x70 | fraction >> 8);
	id[7] = (uint8_t)fraction;
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	hex_text(id, sizeof(id), hex);
	snprintf(run_id, RUN_ID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
}
