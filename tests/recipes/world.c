#include "tests/recipes/world.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tests/recipes: %s failed\n", what);
	abort();
}

static void run(const char *command)
{
	require(system(command) == 0, command);
}

/* Flip one byte of a file into another. */
static void damage(const struct world *w, const char *from, const char *to, size_t at)
{
	size_t size;
	uint8_t *data = world_read(w, from, &size);

	data[at] ^= 0x01;
	world_write(w, to, data, size);
	free(data);
}

/* app0 gets 16 KB only, in the table and in a merged file. */
static void shrink_app0(const struct world *w, const char *from, const char *to, size_t table)
{
	size_t size;
	uint8_t *data = world_read(w, from, &size);

	put_le32(data + table + 2 * 32 + 8, 0x4000);
	digest_md5(data + table, 5 * 32, data + table + 5 * 32 + 16);
	world_write(w, to, data, size);
	free(data);
}

void world_make(struct world *w)
{
	static const char *const chips[] = { "esp32",   "esp32s2", "esp32s3",     "esp32c2",
					     "esp32c3", "esp32c5", "esp32c6",     "esp32c61",
					     "esp32h2", "esp32p4", "esp32p4-rev1" };
	static uint8_t data[8192];
	char command[400];

	memset(w, 0, sizeof(*w));
	strcpy(w->folder, "/tmp/flashline-recipes.XXXXXX");
	require(mkdtemp(w->folder) != NULL, "mkdtemp");
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		/* The ESP32-H2's is for 2 MB: one of its products has no more. */
		snprintf(command, sizeof(command),
			 "%s/make_firmware %s/%s %s --app-size 32K --flash-size %s", BINARY_DIR,
			 w->folder, chips[i], chips[i],
			 strcmp(chips[i], "esp32h2") == 0 ? "2MB" : "4MB");
		run(command);
	}
	damage(w, "esp32/app.bin", "damaged-app.bin", 20000);
	damage(w, "esp32/bootloader.bin", "damaged-boot.bin", 5000);
	damage(w, "esp32/partitions.bin", "damaged-table.bin", 12);
	damage(w, "esp32/merged.bin", "damaged-merged.bin", 0xf000 + 20000);
	shrink_app0(w, "esp32/partitions.bin", "small-table.bin", 0);
	shrink_app0(w, "esp32/merged.bin", "small-merged.bin", 0x7000);
	memset(data, 0x5a, sizeof(data));
	world_write(w, "data.bin", data, sizeof(data));
	world_write(w, "empty.bin", "", 0);
	world_write(w, "hello.bin", "hello", 5);
}

void world_remove(struct world *w)
{
	char command[100];

	world_forget(w);
	snprintf(command, sizeof(command), "rm -r %s", w->folder);
	run(command);
}

void world_write(const struct world *w, const char *name, const void *data, size_t size)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	f = fopen(path, "wb");
	require(f && fwrite(data, 1, size, f) == size && fclose(f) == 0, path);
}

uint8_t *world_read(const struct world *w, const char *name, size_t *size)
{
	char path[200];
	uint8_t *data;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	f = fopen(path, "rb");
	require(f != NULL, path);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	data = malloc(*size + 1);
	require(data && fread(data, 1, *size, f) == *size, path);
	data[*size] = '\0';
	fclose(f);
	return data;
}

void world_forget(struct world *w)
{
	plan_free(w->plan);
	w->plan = NULL;
	diag_list_release(&w->diags);
}

enum status world_load_file(struct world *w, const char *name)
{
	char path[200];

	world_forget(w);
	snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	return plan_load(path, NULL, &w->plan, &w->diags, &w->err);
}

enum status world_load(struct world *w, const char *yaml)
{
	world_write(w, "recipe.yaml", yaml, strlen(yaml));
	return world_load_file(w, "recipe.yaml");
}

const char *world_messages(const struct world *w)
{
	static char all[200000];
	size_t used = 0, folder = strlen(w->folder);

	all[0] = '\0';
	for (size_t i = 0; i < w->diags.count; i++) {
		char line[1500];
		const char *from = line;

		diag_text(&w->diags.items[i], line, sizeof(line));
		if (strncmp(line, w->folder, folder) == 0 && line[folder] == '/')
			from = line + folder + 1;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s\n", from);
		require(used < sizeof(all), "the buffer for messages");
	}
	return all;
}

uint8_t *world_flash(const struct flash_variant *v, size_t size_bytes)
{
	uint8_t *flash = calloc(1, size_bytes);

	require(flash != NULL, "calloc");
	for (size_t i = 0; i < v->region_count; i++)
		memcpy(flash + v->regions[i].addr, v->regions[i].data, v->regions[i].size_bytes);
	return flash;
}
