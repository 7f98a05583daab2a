#include "station/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that an anchor is made of. */
static bool is_in_anchor(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '-';
}

static enum status add_head(struct anchors *anchors, const struct ledger_head *head,
			    struct err *err)
{
	size_t size = (anchors->count + 1) * sizeof(*head);
	struct ledger_head *more = realloc(anchors->heads, size);

	if (!more)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu anchors",
			       anchors->count + 1);
	anchors->heads = more;
	anchors->heads[anchors->count++] = *head;
	return STATUS_OK;
}

/* Every word of such characters that can be read as an anchor is one. */
static enum status find_anchors(FILE *file, struct anchors *anchors, struct err *err)
{
	char word[LEDGER_ANCHOR_BYTES + 1];
	struct ledger_head head;
	size_t len = 0;
	int c;

	do {
		c = getc(file);
		if (is_in_anchor(c)) {
			if (len < sizeof(word) - 1)
				word[len++] = (char)c;
			continue;
		}
		word[len] = '\0';
		len = 0;
		if (ledger_anchor_read(word, &head, NULL) == STATUS_OK)
			TRY(add_head(anchors, &head, err));
	} while (c != EOF);
	return STATUS_OK;
}

static enum status read_file(const char *path, struct anchors *anchors, struct err *err)
{
	FILE *file = fopen(path, "re");
	enum status st;

	if (!file)
		return err_set(
			err, errno == ENOENT ? STATUS_USAGE : STATUS_FILE,
			"anchor %s: is neither an anchor (CHAIN:NUMBER:HASH, as 'flashline ledger "
			"head' prints it) nor a file that can be read (%s)",
			path, strerror(errno));
	st = find_anchors(file, anchors, err);
	if (!st && ferror(file))
		st = err_set(err, STATUS_FILE, "anchor %s: cannot be read", path);
	else if (!st && !anchors->count)
		st = err_set(
			err, STATUS_USAGE,
			"anchor %s: has no anchor in it: expected CHAIN:NUMBER:HASH, as 'flashline "
			"ledger head' prints it",
			path);
	fclose(file);
	return st;
}

enum status anchors_read(const char *text, struct anchors *anchors, struct err *err)
{
	struct ledger_head head;

	*anchors = (struct anchors){ .count = 0 };
	if (ledger_anchor_read(text, &head, NULL) == STATUS_OK)
		return add_head(anchors, &head, err);
	return read_file(text, anchors, err);
}

void anchors_release(struct anchors *anchors)
{
	free(anchors->heads);
	*anchors = (struct anchors){ .count = 0 };
}
