/*
 * Build tool: Espressif's stub images (JSON with base64) to one C file.
 *
 * stub_embed OUT.c [FILE.json ...]; an image's name is its file's name without
 * ".json". Exits with 1 and one line when a file is not as expected.
 * Keys: docs/protocol.md, stub JSON.
 */
#include <jansson.h>
#include <openssl/evp.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64
#define SEGMENT_MAX 0x20000

static bool complain(const char *path, const char *what)
{
	fprintf(stderr, "stub_embed: %s: %s\n", path, what);
	return false;
}

static bool get_u32(const json_t *root, const char *key, uint32_t *value)
{
	const json_t *v = json_object_get(root, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
		return false;
	*value = (uint32_t)json_integer_value(v);
	return true;
}

/* base64 of a segment; -1 when it is none. EVP counts the padding as bytes. */
static int decode(const char *text, uint8_t *bytes)
{
	size_t len = strlen(text);
	int size;

	if (!len || len % 4 || len / 4 * 3 > SEGMENT_MAX)
		return -1;
	size = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
	for (size_t i = len; size > 0 && i > len - 2 && text[i - 1] == '='; i--)
		size--;
	return size;
}

/* The file's name without its end. */
static bool name_of(const char *path, char *name, size_t room)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strlen(base);
	if (len <= 5 || len - 5 >= room || strcmp(base + len - 5, ".json") != 0)
		return false;
	memcpy(name, base, len - 5);
	name[len - 5] = '\0';
	return true;
}

/* "esp32p4_rev1" of "esp32p4-rev1": the end of a C name. */
static const char *c_name_of(const char *name, char c_name[static NAME_MAX_BYTES])
{
	size_t len = strlen(name);

	for (size_t i = 0; i <= len; i++)
		c_name[i] = name[i] && !isalnum((unsigned char)name[i]) ? '_' : name[i];
	return c_name;
}

static void print_bytes(FILE *out, const char *name, const char *part, const uint8_t *bytes,
			int size)
{
	fprintf(out, "static const uint8_t %s_%s[] = {", name, part);
	for (int i = 0; i < size; i++)
		fprintf(out, "%s0x%02x,", i % 16 ? " " : "\n\t", bytes[i]);
	fprintf(out, "\n};\n\n");
}

static void print_row(FILE *out, const char *name, const char *c_name, uint32_t entry,
		      uint32_t text_addr, bool has_data, uint32_t data_addr)
{
	fprintf(out, "#define ROW_%s { .name = \"%s\", .entry = 0x%08x, \\\n", c_name, name, entry);
	fprintf(out, "\t.text = { 0x%08x, text_%s, sizeof(text_%s) }, \\\n", text_addr, c_name,
		c_name);
	if (has_data)
		fprintf(out, "\t.data = { 0x%08x, data_%s, sizeof(data_%s) }", data_addr, c_name,
			c_name);
	else
		fprintf(out, "\t.data = { 0, NULL, 0 }");
	fprintf(out, " }\n\n");
}

static bool embed_root(FILE *out, const char *path, const char *name, const json_t *root)
{
	static uint8_t bytes[SEGMENT_MAX];
	char c_name[NAME_MAX_BYTES];
	const char *text = json_string_value(json_object_get(root, "text"));
	const char *data = json_string_value(json_object_get(root, "data"));
	uint32_t entry, text_addr, data_addr = 0;
	int size;

	if (!text || !get_u32(root, "entry", &entry) || !get_u32(root, "text_start", &text_addr))
		return complain(path, "no text, text_start or entry");
	if (data && !get_u32(root, "data_start", &data_addr))
		return complain(path, "data without data_start");
	size = decode(text, bytes);
	if (size <= 0 || size % 4)
		return complain(path, "text is no base64 of whole words");
	print_bytes(out, "text", c_name_of(name, c_name), bytes, size);
	if (data) {
		size = decode(data, bytes);
		if (size <= 0 || size % 4)
			return complain(path, "data is no base64 of whole words");
		print_bytes(out, "data", c_name, bytes, size);
	}
	print_row(out, name, c_name, entry, text_addr, data != NULL, data_addr);
	return true;
}

static bool embed_file(FILE *out, const char *path, char *name, size_t room)
{
	json_error_t why;
	json_t *root;
	bool is_good;

	if (!name_of(path, name, room))
		return complain(path, "not a .json file");
	root = json_load_file(path, 0, &why);
	if (!root)
		return complain(path, why.text);
	is_good = embed_root(out, path, name, root);
	json_decref(root);
	return is_good;
}

static bool embed_all(FILE *out, int count, char **paths)
{
	char name[NAME_MAX_BYTES], c_name[NAME_MAX_BYTES];

	fprintf(out, "/* Made by stub_embed; Espressif's stub images, Apache-2.0 or MIT. */\n"
		     "#include \"engine/stub.h\"\n\n");
	for (int i = 0; i < count; i++) {
		if (!embed_file(out, paths[i], name, sizeof(name)))
			return false;
	}
	fprintf(out, "const struct stub_image stub_images[] = {\n");
	for (int i = 0; i < count; i++) {
		if (name_of(paths[i], name, sizeof(name)))
			fprintf(out, "\tROW_%s,\n", c_name_of(name, c_name));
	}
	fprintf(out, "\t{ .name = NULL },\n};\n");
	return true;
}

int main(int argc, char **argv)
{
	FILE *out;
	bool is_good;

	if (argc < 2) {
		fprintf(stderr, "usage: stub_embed OUT.c [FILE.json ...]\n");
		return 2;
	}
	out = fopen(argv[1], "w");
	if (!out) {
		complain(argv[1], strerror(errno));
		return 1;
	}
	is_good = embed_all(out, argc - 2, argv + 2);
	if (fclose(out) != 0)
		is_good = complain(argv[1], strerror(errno));
	if (!is_good)
		remove(argv[1]);
	return is_good ? 0 : 1;
}
