/*
 * An auditor's own check of an unpacked audit pack, written from its README alone: it includes
 * nothing of ours.
 *
 *	audit_check DIR HEAD_HASH	the chain of DIR/ledger up to that head
 *
 * Prints how many entries are there in full, and how many by digest only. Exit status 1: something
 * does not hold, said on stderr.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST 32

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void sha256(const void *data, size_t size, unsigned char digest[DIGEST])
{
	if (!EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
		fail("no SHA-256");
}

static void to_hex(const unsigned char *bytes, char hex[2 * DIGEST + 1])
{
	for (int i = 0; i < DIGEST; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static size_t from_hex(const char *hex, unsigned char *bytes)
{
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			fail("no hex: %s", hex);
		bytes[i] = (unsigned char)byte;
	}
	return size;
}

/* A line of a file of JSON lines; NULL at the end. Numbers are integers, texts any bytes. */
static json_t *next_line(FILE *file)
{
	static char *line;
	static size_t room;
	json_error_t error;
	ssize_t size = getline(&line, &room, file);

	if (size < 0)
		return NULL;
	json_t *object = json_loadb(line, (size_t)size, JSON_ALLOW_NUL, &error);
	if (!object)
		fail("no JSON (%s): %.200s", error.text, line);
	return object;
}

/* NAME, or the bytes of NAME_hex, behind what is in text already. */
static void add_exact(json_t *object, const char *name, unsigned char **text, size_t *size)
{
	char hex_name[40];
	json_t *value = json_object_get(object, name);

	snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
	json_t *hex = json_object_get(object, hex_name);
	if (!value && !hex)
		fail("an entry lacks '%s'", name);
	size_t more = value ? json_string_length(value) : json_string_length(hex) / 2;
	*text = realloc(*text, *size + more + 2);
	if (value)
		memcpy(*text + *size, json_string_value(value), more);
	else
		from_hex(json_string_value(hex), *text + *size);
	*size += more;
}

static void entry_digest(json_t *object, unsigned char entry[DIGEST])
{
	unsigned char *text = calloc(1, 100);
	size_t size;

	size = (size_t)snprintf((char *)text, 100, "%lld\n%lld\n",
				(long long)json_integer_value(json_object_get(object, "seq")),
				(long long)json_integer_value(json_object_get(object, "utc_ms")));
	add_exact(object, "kind", &text, &size);
	text[size++] = '\n';
	add_exact(object, "ref", &text, &size);
	text[size++] = '\n';
	add_exact(object, "body", &text, &size);
	sha256(text, size, entry);
	free(text);
}

/* hash becomes that of the entry; it was the one before. */
static void check_entry(json_t *object, unsigned char hash[DIGEST], int is_first)
{
	unsigned char both[2 * DIGEST];
	char hex[2 * DIGEST + 1];
	json_t *digest = json_object_get(object, "entry");
	long long seq = (long long)json_integer_value(json_object_get(object, "seq"));

	if (is_first)
		from_hex(json_string_value(json_object_get(object, "prev")), hash);
	to_hex(hash, hex);
	if (!digest && strcmp(hex, json_string_value(json_object_get(object, "prev"))))
		fail("entry %lld does not follow the one before", seq);
	memcpy(both, hash, DIGEST);
	if (digest)
		from_hex(json_string_value(digest), both + DIGEST);
	else
		entry_digest(object, both + DIGEST);
	sha256(both, sizeof(both), hash);
	to_hex(hash, hex);
	if (!digest && strcmp(hex, json_string_value(json_object_get(object, "hash"))))
		fail("entry %lld was changed", seq);
}

static FILE *open_file(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/ledger/%s", dir, name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail("%s is not there", path);
	return file;
}

static void check_chain(const char *dir, const char *head)
{
	FILE *file = open_file(dir, "entries.jsonl");
	unsigned char hash[DIGEST] = { 0 };
	char hex[2 * DIGEST + 1];
	long long seq = 0, in_full = 0, digests = 0;

	for (json_t *object; (object = next_line(file)); json_decref(object)) {
		long long number = (long long)json_integer_value(json_object_get(object, "seq"));

		if (seq && number != seq + 1)
			fail("entry %lld is missing", seq + 1);
		check_entry(object, hash, !seq);
		seq = number;
		*(json_object_get(object, "entry") ? &digests : &in_full) += 1;
	}
	fclose(file);
	to_hex(hash, hex);
	if (!seq || strcmp(hex, head))
		fail("the chain ends in %s, not in the head %s", hex, head);
	printf("%lld %lld\n", in_full, digests);
}

/* Each is sealed with the hash before it, wherever that was. */
static void check_earlier(const char *dir)
{
	FILE *file = open_file(dir, "earlier.jsonl");
	unsigned char hash[DIGEST] = { 0 };

	for (json_t *object; (object = next_line(file)); json_decref(object))
		check_entry(object, hash, 1);
	fclose(file);
}

/* ---- rows that an entry has only the digest of ---- */

/* Over the bodies of children.jsonl with this kind, ref and table; their number. */
static long long children_digest(const char *dir, json_t *entry, const char *table,
				 unsigned char digest[DIGEST])
{
	FILE *file = open_file(dir, "children.jsonl");
	unsigned char *text = calloc(1, 1);
	size_t size = 0;
	long long rows = 0;

	for (json_t *row; (row = next_line(file)); json_decref(row)) {
		if (!json_equal(json_object_get(row, "kind"), json_object_get(entry, "kind")) ||
		    !json_equal(json_object_get(row, "ref"), json_object_get(entry, "ref")) ||
		    strcmp(json_string_value(json_object_get(row, "table")), table))
			continue;
		add_exact(row, "body", &text, &size);
		text[size++] = '\n';
		rows++;
	}
	fclose(file);
	sha256(text, size, digest);
	free(text);
	return rows;
}

static void check_children(const char *dir, const char *name)
{
	FILE *file = open_file(dir, name);
	unsigned char digest[DIGEST];
	char hex[2 * DIGEST + 1];
	const char *table;
	json_t *value;

	for (json_t *entry; (entry = next_line(file)); json_decref(entry)) {
		const char *text = json_string_value(json_object_get(entry, "body"));
		json_t *body = text ? json_loads(text, 0, NULL) : NULL;

		json_object_foreach(body, table, value)
		{
			if (!json_is_object(value))
				continue;
			long long rows = children_digest(dir, entry, table, digest);
			to_hex(digest, hex);
			if (rows != json_integer_value(json_object_get(value, "rows")) ||
			    strcmp(hex, json_string_value(json_object_get(value, "sha256"))))
				fail("%s: rows of %s were changed",
				     json_string_value(json_object_get(entry, "ref")), table);
		}
		json_decref(body);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		fail("usage: audit_check DIR HEAD_HASH");
	check_chain(argv[1], argv[2]);
	check_earlier(argv[1]);
	check_children(argv[1], "entries.jsonl");
	check_children(argv[1], "earlier.jsonl");
	return 0;
}
