/* What an NVS partition takes, and what not. */
#include "recipes/nvs/nvs_inside.h"

#include <stdlib.h>
#include <string.h>

struct range {
	uint64_t high; /* what is above does not fit ... */
	uint64_t low;  /* ... unless it is a negative number from here on */
	const char *text;
};

static const struct range ranges[] = {
	[NVS_NAMESPACE] = { NVS_NAMESPACES_MAX, UINT64_MAX, "1 to 254" },
	[NVS_U8] = { UINT8_MAX, 0, "0 to 255" },
	[NVS_I8] = { INT8_MAX, (uint64_t)INT8_MIN, "-128 to 127" },
	[NVS_U16] = { UINT16_MAX, 0, "0 to 65535" },
	[NVS_I16] = { INT16_MAX, (uint64_t)INT16_MIN, "-32768 to 32767" },
	[NVS_U32] = { UINT32_MAX, 0, "0 to 4294967295" },
	[NVS_I32] = { INT32_MAX, (uint64_t)INT32_MIN, "-2147483648 to 2147483647" },
	[NVS_U64] = { UINT64_MAX, 0, "0 to 18446744073709551615" },
	[NVS_I64] = { INT64_MAX, (uint64_t)INT64_MIN,
		      "-9223372036854775808 to 9223372036854775807" },
	[NVS_STRING] = { 0, 0, "" },
	[NVS_BLOB] = { 0, 0, "" },
};

bool nvs_fits(enum nvs_type type, uint64_t number)
{
	const struct range *r = &ranges[type];

	return number <= r->high || (r->low && number >= r->low);
}

const char *nvs_range(enum nvs_type type)
{
	return ranges[type].text;
}

/* ---- keys ---- */

static enum status check_key(const struct nvs_entry *e, struct err *err)
{
	const char *what = e->type == NVS_NAMESPACE ? "the namespace's name" : "the key";
	size_t size = strlen(e->key);

	/* Not shown: what is that long may be a value in the wrong column. */
	if (size > NVS_KEY_MAX)
		return err_set(err, STATUS_RECIPE, "%s has %zu characters: expected %d at most",
			       what, size, NVS_KEY_MAX);
	if (!size)
		return err_set(err, STATUS_RECIPE, "%s is empty", what);
	for (const char *c = e->key; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return err_set(err, STATUS_RECIPE,
				       "%s holds byte 0x%02x: expected printable ASCII only", what,
				       (unsigned char)*c);
	return STATUS_OK;
}

struct name {               /* of an entry, for sorting */
	unsigned namespace; /* 0: the name is that of a namespace */
	const char *key;
	size_t entry;
};

static int by_name(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	int order;

	if (one->namespace != other->namespace)
		return one->namespace < other->namespace ? -1 : 1;
	order = strcmp(one->key, other->key);
	if (order)
		return order;
	return one->entry < other->entry ? -1 : one->entry > other->entry;
}

/* The first entry, in their order, whose name stood before; count when there is none. */
static void find_repeated(const struct name *names, size_t count, struct nvs_result *result)
{
	for (size_t i = 1; i < count; i++) {
		if (names[i].namespace != names[i - 1].namespace ||
		    strcmp(names[i].key, names[i - 1].key) != 0 || names[i].entry > result->entry)
			continue;
		result->entry = names[i].entry;
		result->first = names[i - 1].entry;
	}
}

static enum status check_repeated(const struct nvs_content *content, struct nvs_result *result,
				  struct err *err)
{
	struct name *names = calloc(content->count + 1, sizeof(*names));
	unsigned namespace = 0;
	const struct nvs_entry *e;

	if (!names)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu keys", content->count);
	for (size_t i = 0; i < content->count; i++) {
		bool is_namespace = content->entries[i].type == NVS_NAMESPACE;

		namespace += is_namespace;
		names[i] =
			(struct name){ is_namespace ? 0 : namespace, content->entries[i].key, i };
	}
	qsort(names, content->count, sizeof(*names), by_name);
	result->entry = content->count;
	find_repeated(names, content->count, result);
	free(names);
	if (result->entry == content->count)
		return STATUS_OK;
	e = &content->entries[result->entry];
	if (e->type == NVS_NAMESPACE)
		return err_set(err, STATUS_RECIPE,
			       "namespace '%s' is there twice: put its keys together", e->key);
	return err_set(err, STATUS_RECIPE, "key '%s' is there twice in its namespace", e->key);
}

enum status nvs_check_keys(const struct nvs_content *content, struct nvs_result *result,
			   struct err *err)
{
	unsigned namespaces = 0;

	*result = (struct nvs_result){ .first = content->count, .is_key = true };
	for (; result->entry < content->count; result->entry++) {
		const struct nvs_entry *e = &content->entries[result->entry];

		TRY(check_key(e, err));
		namespaces += e->type == NVS_NAMESPACE;
		if (!namespaces)
			return err_set(err, STATUS_RECIPE,
				       "key '%s' is in no namespace: expected one before it",
				       e->key);
		if (namespaces > NVS_NAMESPACES_MAX)
			return err_set(err, STATUS_RECIPE,
				       "namespace '%s' is one too many: expected %u at most",
				       e->key, NVS_NAMESPACES_MAX);
	}
	TRY(check_repeated(content, result, err));
	*result = (struct nvs_result){ .entry = content->count, .first = content->count };
	return STATUS_OK;
}

/* ---- values ---- */

static enum status check_length(const struct nvs_entry *e, enum nvs_version version,
				struct err *err)
{
	bool is_string = e->type == NVS_STRING;
	size_t max = is_string ? NVS_STRING_MAX : NVS_BLOB_MAX;

	if (version == NVS_VERSION_1)
		max = NVS_VERSION_1_MAX - is_string;
	if (e->size > max)
		return err_set(err, STATUS_RECIPE, "%s '%s' has %zu bytes: expected %zu at most",
			       is_string ? "string" : "blob", e->key, e->size, max);
	if (is_string && e->size && memchr(e->data, '\0', e->size))
		return err_set(err, STATUS_RECIPE,
			       "string '%s' holds a zero byte, which would end it: use a blob",
			       e->key);
	return STATUS_OK;
}

enum status nvs_check_values(const struct nvs_content *content, struct nvs_result *result,
			     struct err *err)
{
	for (result->entry = 0; result->entry < content->count; result->entry++) {
		const struct nvs_entry *e = &content->entries[result->entry];

		if (e->type == NVS_STRING || e->type == NVS_BLOB)
			TRY(check_length(e, content->version, err));
		else if (e->type != NVS_NAMESPACE && !nvs_fits(e->type, e->number))
			return err_set(err, STATUS_RECIPE,
				       "the number of key '%s' is out of range: expected %s",
				       e->key, nvs_range(e->type));
	}
	return STATUS_OK;
}
