#include "engine/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 5, 0))) static void fill(struct err *err, enum status st,
						       const uint8_t *device, size_t len,
						       const char *format, va_list args)
{
	err->status = st;
	err->device_len = len < ERR_DEVICE_BYTES ? len : ERR_DEVICE_BYTES;
	memset(err->device, 0, sizeof(err->device));
	if (err->device_len)
		memcpy(err->device, device, err->device_len);
	vsnprintf(err->text, sizeof(err->text), format, args);
}

enum status err_set(struct err *err, enum status st, const char *format, ...)
{
	va_list args;

	if (!err)
		return st;
	va_start(args, format);
	fill(err, st, NULL, 0, format, args);
	va_end(args);
	return st;
}

enum status err_set_device(struct err *err, enum status st, const uint8_t *device, size_t len,
			   const char *format, ...)
{
	va_list args;

	if (!err)
		return st;
	va_start(args, format);
	fill(err, st, device, len, format, args);
	va_end(args);
	return st;
}

void err_clear(struct err *err)
{
	memset(err, 0, sizeof(*err));
}
