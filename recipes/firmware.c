#include "recipes/firmware.h"

#include "engine/base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* An application's first segment begins with its description: magic, secure
 * version, 8 reserved bytes, version, project name. docs/recipes.md, images. */
#define APP_DESCRIPTION_OFFSET 32
#define APP_DESCRIPTION_MAGIC 0xABCD5432u
#define APP_VERSION_OFFSET (APP_DESCRIPTION_OFFSET + 16)

const char *firmware_kind_name(enum firmware_kind kind)
{
	switch (kind) {
	case FIRMWARE_DATA:
		return "data";
	case FIRMWARE_BOOT:
		return "boot loader";
	case FIRMWARE_TABLE:
		return "partition table";
	case FIRMWARE_APP:
		return "application";
	case FIRMWARE_MERGED:
		return "merged";
	}
	return "";
}

static bool read_exactly(int fd, uint8_t *data, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got = read(fd, data + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = EIO; /* shorter than fstat said: somebody writes to it */
			return false;
		}
		have += (size_t)got;
	}
	return true;
}

static void check_digest(struct firmware *f, struct diag_list *diags)
{
	char text[SHA256_TEXT_BYTES];

	digest_sha256(f->data, f->size_bytes, f->sha256);
	hex_text(f->sha256, SHA256_BYTES, text);
	if (f->recipe->sha256 && strcasecmp(text, f->recipe->sha256) != 0)
		diag_error(diags, f->recipe->sha256_at, "'sha256' does not match %s, which has %s",
			   f->recipe->file, text);
}

static enum status read_open(int fd, size_t max_bytes, struct firmware *f, struct diag_list *diags,
			     struct err *err)
{
	const struct recipe_image *image = f->recipe;
	struct stat about;
	size_t room;

	if (fstat(fd, &about) < 0) {
		diag_error(diags, image->file_at, "%s: %s", image->file, strerror(errno));
		return STATUS_OK;
	}
	if (!S_ISREG(about.st_mode)) {
		diag_error(diags, image->file_at, "%s: %s", image->file,
			   S_ISDIR(about.st_mode) ? "is a directory" : "is not a regular file");
		return STATUS_OK;
	}
	if (about.st_size == 0 || (uint64_t)about.st_size > max_bytes) {
		diag_error(diags, image->file_at,
			   about.st_size ? "%s: larger than the chip's largest flash, %zu MB"
					 : "%s: the file is empty",
			   image->file, max_bytes >> 20);
		return STATUS_OK;
	}
	f->size_bytes = (size_t)about.st_size;
	room = (f->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES * FLASH_SECTOR_BYTES;
	f->data = malloc(room);
	if (!f->data)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for %zu bytes", image->file,
			       room);
	if (!read_exactly(fd, f->data, f->size_bytes)) {
		diag_error(diags, image->file_at, "%s: %s", image->file, strerror(errno));
		firmware_release(f);
		return STATUS_OK;
	}
	memset(f->data + f->size_bytes, 0xff, room - f->size_bytes);
	check_digest(f, diags);
	return STATUS_OK;
}

enum status firmware_read(const struct recipe_image *image, size_t max_bytes, struct firmware *f,
			  struct diag_list *diags, struct err *err)
{
	enum status st;
	int fd;

	memset(f, 0, sizeof(*f));
	f->recipe = image;
	if (!image->path)
		return STATUS_OK;
	fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		diag_error(diags, image->file_at, "%s: %s", image->file, strerror(errno));
		return STATUS_OK;
	}
	st = read_open(fd, max_bytes, f, diags, err);
	close(fd);
	return st;
}

void firmware_release(struct firmware *f)
{
	free(f->data);
	f->data = NULL;
}

uint32_t firmware_end(const struct firmware *f)
{
	return f->addr + (uint32_t)f->size_bytes;
}

int firmware_by_addr(const void *a, const void *b)
{
	const struct firmware *const *left = a, *const *right = b;

	return ((*left)->addr > (*right)->addr) - ((*left)->addr < (*right)->addr);
}

bool firmware_is_blank(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != 0xff)
			return false;
	return true;
}

/*
 * Where the processor sees flash through its cache: docs/recipes.md, images, which
 * names the manuals and maps.
 */
struct flash_window {
	const char *chip_key;
	uint32_t first, end;
};

/* clang-format off */
static const struct flash_window windows[] = {
	{ "esp32",    0x3f400000, 0x3f800000 },
	{ "esp32",    0x400d0000, 0x40400000 },
	{ "esp32s2",  0x3f000000, 0x3ff80000 },
	{ "esp32s2",  0x40080000, 0x40800000 },
	{ "esp32s3",  0x3c000000, 0x3e000000 },
	{ "esp32s3",  0x42000000, 0x44000000 },
	{ "esp32c2",  0x3c000000, 0x3c400000 },
	{ "esp32c2",  0x42000000, 0x42400000 },
	{ "esp32c3",  0x3c000000, 0x3c800000 },
	{ "esp32c3",  0x42000000, 0x42800000 },
	{ "esp32c5",  0x42000000, 0x44000000 },
	{ "esp32c6",  0x42000000, 0x43000000 },
	{ "esp32c61", 0x42000000, 0x44000000 },
	{ "esp32h2",  0x42000000, 0x43000000 },
	{ "esp32p4",  0x40000000, 0x4c000000 },
};
/* clang-format on */

static bool is_in_window(const struct chip *chip, uint32_t addr)
{
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		if (strcmp(windows[i].chip_key, chip->key) == 0 && addr >= windows[i].first &&
		    addr < windows[i].end)
			return true;
	return false;
}

bool firmware_maps_flash(const struct chip *chip, const uint8_t *data,
			 const struct image_info *info)
{
	size_t at = IMAGE_HEADER_BYTES;

	/* image_parse has proven that every segment lies inside the data. */
	for (unsigned i = 0; i < info->segments; i++) {
		if (is_in_window(chip, get_le32(data + at)))
			return true;
		at += 8 + get_le32(data + at + 4);
	}
	return false;
}

void firmware_version(const uint8_t *data, const struct image_info *info,
		      char version[static FIRMWARE_VERSION_BYTES])
{
	version[0] = '\0';
	if (info->data_bytes < APP_VERSION_OFFSET + 32 ||
	    get_le32(data + APP_DESCRIPTION_OFFSET) != APP_DESCRIPTION_MAGIC)
		return;
	memcpy(version, data + APP_VERSION_OFFSET, 32);
	version[32] = '\0';
	for (char *c = version; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
}
