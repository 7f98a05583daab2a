/*
 * A whole file, read at once.
 */
#ifndef RECIPES_READ_FILE_H
#define RECIPES_READ_FILE_H

#include "engine/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * *data is the caller's to free, NULL on failure; a zero byte stands behind the size bytes.
 * Only regular files: a pipe is refused, not waited for. STATUS_FILE (cannot be read),
 * STATUS_RECIPE (more than max bytes), STATUS_NO_MEMORY.
 * err is what is wrong, without the name: callers know what to call it.
 */
enum status read_file(const char *path, size_t max, uint8_t **data, size_t *size, struct err *err);

#endif
