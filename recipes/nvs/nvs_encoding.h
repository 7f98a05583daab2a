/*
 * How a cell of the CSV, or the file that it names, becomes the value of an entry.
 * Pure. Between the files of nvs_csv; not for others.
 */
#ifndef RECIPES_NVS_ENCODING_H
#define RECIPES_NVS_ENCODING_H

#include "recipes/nvs/nvs.h"

enum nvs_decoding {
	NVS_AS_NUMBER,
	NVS_AS_TEXT,
	NVS_AS_BYTES,
	NVS_AS_HEX,
	NVS_AS_BASE64,
	NVS_AS_FILLED,       /* the text, then fill_byte up to fill_size */
	NVS_AS_SIZED_FILLED, /* its length in 4 bytes, then the same */
};

struct nvs_encoding {
	enum nvs_type type;
	enum nvs_decoding decoding;
	size_t fill_size;
	uint8_t fill_byte;
};

/* "u8", "hex2bin", "blob_fill(32;0x00)": false for anything else. */
bool nvs_encoding_by_name(const char *name, struct nvs_encoding *encoding);

/*
 * *bytes (from the heap, a zero byte behind its size bytes) becomes what e says: data and size,
 * or number. e->key is there already. The bytes are changed in place or moved; they
 * stay the caller's, and e lends them. STATUS_RECIPE names the key, STATUS_NO_MEMORY.
 */
enum status nvs_decode(const struct nvs_encoding *encoding, uint8_t **bytes, size_t size,
		       struct nvs_entry *e, struct err *err);

#endif
