/*
 * The image of an NVS partition: what ESP-IDF's key-value store finds in flash.
 *
 * Pure: typed entries in, bytes out, the same bytes for the same entries. They are
 * those of Espressif's generator, wherever it makes an image; where it does not, but
 * the chip's library would (a string that fills a page), they are the library's.
 * Layout, limits and their sources: docs/nvs.md.
 *
 * Values may be secrets: no message ever shows one, only keys and lengths.
 */
#ifndef RECIPES_NVS_H
#define RECIPES_NVS_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NVS_PAGE_BYTES 4096u
#define NVS_PAGE_ENTRIES 126u
#define NVS_ENTRY_BYTES 32u
#define NVS_KEY_MAX 15 /* characters of a key or of a namespace's name */
#define NVS_NAMESPACES_MAX 254u
#define NVS_STRING_MAX 3999u     /* bytes, without the zero behind them: one page */
#define NVS_BLOB_MAX 508000u     /* 127 chunks of a page */
#define NVS_VERSION_1_MAX 1984u  /* of version 1: blobs, and strings with their zero */
#define NVS_SIZE_MIN 0x3000u     /* of a partition that the unit writes to; smaller: read only */
#define NVS_SIZE_MAX (16u << 20) /* our choice: no partition of this kind comes near */

enum nvs_type {
	NVS_NAMESPACE, /* the entries behind it are in it */
	NVS_U8,
	NVS_I8,
	NVS_U16,
	NVS_I16,
	NVS_U32,
	NVS_I32,
	NVS_U64,
	NVS_I64,
	NVS_STRING,
	NVS_BLOB,
};

struct nvs_entry {
	const char *key; /* or the namespace's name; printable ASCII, 1 to NVS_KEY_MAX */
	enum nvs_type type;
	uint64_t number;     /* of an integer; negative ones as two's complement */
	const uint8_t *data; /* of a string (without a zero byte) or blob; lent */
	size_t size;
};

/* The format's version: blobs in one page each (ESP-IDF before August 2018), or in chunks. */
enum nvs_version { NVS_VERSION_2, NVS_VERSION_1 };

struct nvs_content {
	const struct nvs_entry *entries;
	size_t count;
	enum nvs_version version;
};

struct nvs_result {
	size_t pages; /* that hold something, or would; at least 1 */
	/* What was refused: entries[entry], and the earlier one that it is at odds with.
	 * Both equal the count when no single entry is to blame. */
	size_t entry, first;
	bool is_key; /* its key is at fault, not its value */
};

/* Is it in the range of the integer type? low and high are that range, as texts. */
bool nvs_fits(enum nvs_type type, uint64_t number);
const char *nvs_range(enum nvs_type type);

/*
 * Keys, names and their order: everything that can be judged without values.
 * STATUS_RECIPE with result (key too long, twice in its namespace, outside of every
 * namespace ...), STATUS_NO_MEMORY.
 */
enum status nvs_check_keys(const struct nvs_content *content, struct nvs_result *result,
			   struct err *err);

/*
 * Fill image, size_bytes of it, with the partition; FF behind the entries. size_bytes:
 * a multiple of 4096 to NVS_SIZE_MAX. One page of it stays free, because the chip's
 * library needs one to move entries to; below NVS_SIZE_MIN none does, and the partition
 * table has to say "readonly".
 * image may be NULL: only judged and measured.
 * STATUS_RECIPE with result: what nvs_check_keys says, a value out of its range or too
 * long, or how many bytes would be enough. STATUS_NO_MEMORY. image is then unspecified.
 */
enum status nvs_image(const struct nvs_content *content, uint32_t size_bytes, uint8_t *image,
		      struct nvs_result *result, struct err *err);

#endif
