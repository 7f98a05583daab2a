/*
 * What went wrong, said once, where the facts are.
 *
 * The text is complete enough to be shown as it stands: what, where, which
 * value, what was expected; lower case, no full stop. Layers above pass it on.
 * The bytes that the device sent with a refusal are kept beside it.
 */
#ifndef ENGINE_BASE_ERR_H
#define ENGINE_BASE_ERR_H

#include "engine/base/status.h"

#include <stddef.h>
#include <stdint.h>

#define ERR_TEXT_BYTES 512
#define ERR_DEVICE_BYTES 4

struct err {
	enum status status;
	uint8_t device[ERR_DEVICE_BYTES]; /* status bytes as the loader sent them */
	size_t device_len;                /* 0 where the device said nothing */
	char text[ERR_TEXT_BYTES];
};

/* Fill err (which may be NULL) and return st, so that 'return err_set(...)' reads well. */
__attribute__((format(printf, 3, 4))) enum status err_set(struct err *err, enum status st,
							  const char *format, ...);

/* As err_set, and keeps up to ERR_DEVICE_BYTES bytes that the device sent. */
__attribute__((format(printf, 5, 6))) enum status err_set_device(struct err *err, enum status st,
								 const uint8_t *device, size_t len,
								 const char *format, ...);

/* Nothing wrong, no text. */
void err_clear(struct err *err);

/* Returns on a failed status; only in functions that hold nothing to give back. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum status try_status_ = (call);                                                  \
		if (try_status_)                                                                   \
			return try_status_;                                                        \
	} while (0)

#endif
