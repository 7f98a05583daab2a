#include "db/db.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <sys/random.h>

/* RFC 9562, 5.7: 48 bits of milliseconds, version 7, variant 10, the rest random. */
void db_new_run_id(char run_id[static RUN_ID_BYTES])
{
	uint64_t now_ms = (uint64_t)clock_utc_ms();
	uint8_t id[16];
	char hex[2 * sizeof(id) + 1];

	/* Interrupted at most: the kernel's pool is filled long before a user logs in. */
	while (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		;
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(now_ms >> (40 - 8 * i));
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	hex_text(id, sizeof(id), hex);
	snprintf(run_id, RUN_ID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
}
