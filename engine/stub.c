#include "engine/stub.h"

#include "engine/loader.h"

#include <string.h>

#define ROM_BAD_CHECKSUM 0x07 /* docs/protocol.md, error codes */

const struct stub_image *stub_by_name(const char *name)
{
	for (const struct stub_image *image = stub_images; image->name; image++) {
		if (strcmp(image->name, name) == 0)
			return image;
	}
	return NULL;
}

/* A refusal in words; anything else is passed on as it is. */
static enum status explain(enum status st, const char *what, size_t at, uint32_t block_bytes,
			   struct err *err)
{
	struct err why = *err;

	if (st != STATUS_REFUSED)
		return st;
	if (why.device_len >= 2 && why.device[1] == ROM_BAD_CHECKSUM)
		return err_set_device(
			err, STATUS_STUB_UPLOAD_CHECKSUM, why.device, why.device_len,
			"RAM block of %u bytes at %zu of the stub's %s arrived damaged: "
			"refused with %02x %02x",
			(unsigned)block_bytes, at, what, why.device[0], why.device[1]);
	return err_set_device(err, STATUS_STUB_UPLOAD_REFUSED, why.device, why.device_len,
			      "stub upload, %s at %zu: %s", what, at, why.text);
}

/* From byte *at on, which moves behind each block that was accepted. */
static enum status upload_segment(struct loader *l, const char *what,
				  const struct stub_segment *segment, uint32_t block_bytes,
				  size_t *at, struct err *err)
{
	size_t left = segment->size_bytes - *at;
	size_t blocks = (left + block_bytes - 1) / block_bytes;
	enum status st;

	if (!left)
		return STATUS_OK;
	st = loader_mem_begin(l, (uint32_t)left, (uint32_t)blocks, block_bytes,
			      segment->addr + (uint32_t)*at, err);
	if (st)
		return explain(st, what, *at, block_bytes, err);
	for (size_t seq = 0; seq < blocks; seq++) {
		size_t len = segment->size_bytes - *at;

		if (len > block_bytes)
			len = block_bytes;
		st = loader_mem_data(l, segment->bytes + *at, len, (uint32_t)seq, err);
		if (st)
			return explain(st, what, *at, (uint32_t)len, err);
		*at += len;
	}
	return STATUS_OK;
}

enum status stub_upload(struct loader *l, const struct stub_image *image, uint32_t block_bytes,
			struct stub_place *place, struct err *err)
{
	struct err scratch;

	if (!err)
		err = &scratch;
	if (place->segment == 0) {
		TRY(upload_segment(l, "text", &image->text, block_bytes, &place->at, err));
		*place = (struct stub_place){ .segment = 1 };
	}
	return upload_segment(l, "data", &image->data, block_bytes, &place->at, err);
}

enum status stub_start(struct loader *l, const struct stub_image *image, struct err *err)
{
	struct err scratch;
	enum status st;

	if (!err)
		err = &scratch;
	st = loader_mem_end(l, image->entry, err);
	if (st)
		return explain(st, "start", 0, 0, err);
	return loader_await_stub(l, err);
}
