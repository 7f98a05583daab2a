#include "engine/blank.h"

#include "engine/base/digest.h"

#define FF_16                                                                                      \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,  \
		0xff
#define FF_64 FF_16, FF_16, FF_16, FF_16
#define FF_256 FF_64, FF_64, FF_64, FF_64
#define FF_1024 FF_256, FF_256, FF_256, FF_256

static const uint8_t blank[FLASH_SECTOR_BYTES] = { FF_1024, FF_1024, FF_1024, FF_1024 };

static const uint8_t blank_packed[] = {
	0x78, 0xda, 0xed, 0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xfe, 0xa9,
	0x6f, 0x0f, 0x07, 0x14, 0x00, 0x00, 0x00, 0xf0, 0x6e, 0x81, 0x61, 0xf0, 0xe2,
};

struct flash_region blank_sector_region(uint32_t addr)
{
	return (struct flash_region){
		.label = "blank sector",
		.addr = addr,
		.data = blank,
		.size_bytes = sizeof(blank),
		.packed = blank_packed,
		.packed_bytes = sizeof(blank_packed),
		.md5 = { 0x6a, 0xe5, 0x9e, 0x64, 0x85, 0x03, 0x77, 0xee, 0x54, 0x70, 0xc8, 0x54,
			 0x76, 0x15, 0x51, 0xea },
	};
}

void blank_md5(size_t size_bytes, uint8_t md5[static MD5_BYTES])
{
	digest_md5_repeated(blank, sizeof(blank), size_bytes, md5);
}
