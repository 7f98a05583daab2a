/*
 * Espressif's flasher stub: which images this build carries, and how one is
 * brought into the unit's RAM and started.
 *
 * The images are Espressif's own, compiled in from the folder STUB_DIR by
 * engine/tools/stub_embed.c. A build without that folder carries none.
 */
#ifndef ENGINE_STUB_H
#define ENGINE_STUB_H

#include "engine/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct loader;

struct stub_segment {
	uint32_t addr;
	const uint8_t *bytes;
	size_t size_bytes; /* a multiple of 4; 0 = there is none */
};

struct stub_image {
	const char *name; /* "esp32s3", as in a chip's row */
	uint32_t entry;
	struct stub_segment text, data;
};

/* What the build made of STUB_DIR; the row after the last has name NULL. */
extern const struct stub_image stub_images[];

/* NULL when this build carries none of that name. */
const struct stub_image *stub_by_name(const char *name);

/* The block with which an upload goes on; all 0: from the beginning. */
struct stub_place {
	unsigned segment; /* 0 text, 1 data */
	size_t at;        /* bytes of it are there already */
};

/*
 * Upload into the RAM of a unit whose ROM loader answers, in blocks of at most
 * block_bytes (a multiple of 4, at most 0x1800). The flash is not touched, so
 * after any failure but PORT_GONE it may be done again, with smaller blocks too,
 * from the block on that failed: *place says which. Each such block comes with a
 * MEM_BEGIN of its own, because a ROM takes no block twice.
 * STATUS_STUB_UPLOAD_CHECKSUM: bytes were lost or altered on the way.
 * STATUS_STUB_UPLOAD_REFUSED: refused for another reason. Both keep the
 * device's bytes.
 */
enum status stub_upload(struct loader *l, const struct stub_image *image, uint32_t block_bytes,
			struct stub_place *place, struct err *err);

/* Start what was uploaded and wait for its greeting; the loader speaks to the
 * stub afterwards. STATUS_STUB_NO_START, STATUS_STUB_UPLOAD_REFUSED. */
enum status stub_start(struct loader *l, const struct stub_image *image, struct err *err);

#endif
