/* Any bytes as a partition table; what is accepted keeps what the header promises. */
#include "recipes/partition.h"

#include "engine/chip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct partition_table t;
	struct err err;

	if (partition_parse(data, size, 0x8000, &t, &err))
		return 0;
	for (size_t i = 0; i < t.count; i++) {
		const struct partition *p = &t.rows[i];

		if (!p->size_bytes || p->addr % FLASH_SECTOR_BYTES ||
		    p->addr + p->size_bytes > t.end_addr || partition_named(&t, p->name) != p ||
		    partition_at(&t, p->addr) != p)
			__builtin_trap();
	}
	return 0;
}
