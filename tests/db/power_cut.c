/* What a power cut leaves of the files: the second half of watched_vfs.h. */
#include "tests/db/watched_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define NO_FILE (-1)

/* What stands behind a name, for as long as it does: a name that was deleted and made again is
 * another one. */
struct body {
	uint8_t *bytes;
	size_t size, room;
	size_t synced_to; /* notes before this one are on the disk */
};

struct disk {
	const struct watched *w;
	size_t notes;
	struct body *bodies;
	int body_count;
	int now[WATCHED_FILES_MAX];    /* name to body, as programs see it */
	int synced[WATCHED_FILES_MAX]; /* as the disk has it */
	enum cut_kind kind;
	uint64_t random;
};

static uint64_t draw(struct disk *d, uint64_t limit)
{
	/* splitmix64 */
	uint64_t z = (d->random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % limit;
}

static void resize(struct body *b, size_t size)
{
	if (size > b->room) {
		b->room = size * 2;
		b->bytes = realloc(b->bytes, b->room);
		assert(b->bytes);
	}
	if (size > b->size)
		memset(b->bytes + b->size, 0, size - b->size);
	b->size = size;
}

/* Which body each note is about, and up to which note each is synced. */
static void follow_names(struct disk *d, int *body_of)
{
	for (int i = 0; i < WATCHED_FILES_MAX; i++)
		d->now[i] = d->synced[i] = NO_FILE;
	for (size_t n = 0; n < d->notes; n++) {
		const struct note *note = &d->w->notes[n];

		body_of[n] = NO_FILE;
		switch (note->kind) {
		case NOTE_CREATE:
			d->now[note->file] = d->body_count;
			d->bodies[d->body_count++] = (struct body){ 0 };
			break;
		case NOTE_DELETE:
			d->now[note->file] = NO_FILE;
			break;
		case NOTE_SYNC_FOLDER:
			memcpy(d->synced, d->now, sizeof(d->now));
			break;
		case NOTE_SYNC:
			d->bodies[d->now[note->file]].synced_to = n;
			break;
		case NOTE_WRITE:
		case NOTE_TRUNCATE:
			body_of[n] = d->now[note->file];
			break;
		case NOTE_PROMISE:
			break;
		}
	}
}

/* Of a write that was not synced: all, nothing, or some of its sectors. */
static void write_some(struct disk *d, struct body *b, const struct note *note)
{
	uint64_t luck = draw(d, 3);
	size_t end = (size_t)note->offset + note->size;

	for (size_t at = (size_t)note->offset, next; at < end; at = next) {
		next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
		if (next > end)
			next = end;
		if (luck == 0 || (luck == 1 && draw(d, 2)))
			continue;
		if (b->size < next)
			resize(b, next);
		memcpy(b->bytes + at, note->bytes + (at - (size_t)note->offset), next - at);
	}
}

static void apply(struct disk *d, struct body *b, size_t n)
{
	const struct note *note = &d->w->notes[n];
	bool is_sure = n < b->synced_to || d->kind == CUT_KEEPS_ALL;

	if (!is_sure && d->kind == CUT_KEEPS_SYNCED)
		return;
	if (note->kind == NOTE_TRUNCATE) {
		if (is_sure || draw(d, 2))
			resize(b, (size_t)note->offset);
	} else if (is_sure) {
		if (b->size < (size_t)note->offset + note->size)
			resize(b, (size_t)note->offset + note->size);
		memcpy(b->bytes + note->offset, note->bytes, note->size);
	} else {
		write_some(d, b, note);
	}
}

static void write_file(const char *path, const struct body *b)
{
	FILE *file = fopen(path, "wb");

	assert(file);
	/* A file of which nothing reached the disk has no bytes to write. */
	assert(b->size == 0 || fwrite(b->bytes, 1, b->size, file) == b->size);
	assert(fclose(file) == 0);
}

static void write_files(struct disk *d, const char *folder)
{
	char path[256];

	for (int i = 0; i < d->w->name_count; i++) {
		int body = d->synced[i];

		if (d->kind == CUT_KEEPS_ALL || (d->kind == CUT_KEEPS_SOME && draw(d, 2)))
			body = d->now[i];
		snprintf(path, sizeof(path), "%s/%s-shm", folder, d->w->names[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s", folder, d->w->names[i]);
		unlink(path);
		if (body != NO_FILE)
			write_file(path, &d->bodies[body]);
	}
}

void watched_cut(struct watched *w, size_t notes, enum cut_kind kind, uint64_t seed,
		 const char *folder)
{
	struct disk d = { .w = w, .notes = notes, .kind = kind, .random = seed };
	int *body_of = calloc(notes + 1, sizeof(*body_of));

	d.bodies = calloc(notes + 1, sizeof(*d.bodies));
	assert(body_of && d.bodies);
	follow_names(&d, body_of);
	for (size_t n = 0; n < notes; n++)
		if (body_of[n] != NO_FILE)
			apply(&d, &d.bodies[body_of[n]], n);
	write_files(&d, folder);
	for (int i = 0; i < d.body_count; i++)
		free(d.bodies[i].bytes);
	free(d.bodies);
	free(body_of);
}

bool watched_promised(struct watched *w, size_t notes, int promise)
{
	for (size_t n = 0; n < notes; n++)
		if (w->notes[n].kind == NOTE_PROMISE && w->notes[n].file == promise)
			return true;
	return false;
}
