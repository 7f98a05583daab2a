#include "station/printer.h"

#include "station/textbuf.h"
#include "station/threads.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct printer {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock; /* protects the next group */
	pthread_cond_t work;  /* for the thread */
	pthread_cond_t moved; /* for printer_free: something was written, or the end */
	struct textbuf text;  /* waits to be written */
	struct textbuf frame; /* the newest */
	bool has_new_frame;
	bool is_stopping, is_ended;
	uint64_t written, lost;
	size_t in_flight; /* taken, and not written yet */

	/* The thread's alone. */
	struct textbuf out;   /* being written */
	struct textbuf shown; /* the frame that is on the screen */
	unsigned shown_lines;
};

/* Everything, however slowly it goes; false when the other end has gone. */
static bool write_all(struct printer *p, const char *bytes, size_t size)
{
	while (size) {
		ssize_t done = write(p->fd, bytes, size);

		if (done < 0 && errno == EAGAIN) {
			/* Somebody else made it non-blocking: wait here instead. */
			struct pollfd wait = { .fd = p->fd, .events = POLLOUT };

			poll(&wait, 1, 1000);
			continue;
		}
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		bytes += done;
		size -= (size_t)done;
		pthread_mutex_lock(&p->lock);
		p->written += (uint64_t)done;
		p->in_flight -= (size_t)done;
		pthread_cond_signal(&p->moved);
		pthread_mutex_unlock(&p->lock);
	}
	return true;
}

static unsigned count_lines(const struct textbuf *t)
{
	unsigned lines = 0;

	for (size_t i = 0; i < t->len; i++)
		lines += t->bytes[i] == '\n';
	return lines;
}

/* Text scrolls up above the frame; the frame is drawn over its predecessor. */
static void compose(struct printer *p, const struct textbuf *text, bool has_new_frame)
{
	textbuf_clear(&p->out);
	if (p->shown_lines && (text->len || has_new_frame))
		textbuf_add(&p->out, "\033[%uA\r", p->shown_lines);
	if (p->shown_lines && text->len)
		textbuf_add(&p->out, "\033[J");
	textbuf_bytes(&p->out, textbuf_string(text), text->len);
	if (!text->len && !has_new_frame)
		return;
	for (const char *line = textbuf_string(&p->shown); *line;) {
		size_t size = strcspn(line, "\n") + 1;

		textbuf_bytes(&p->out, line, size - 1);
		textbuf_add(&p->out, "\033[K\n");
		line += size;
	}
	/* A shorter frame leaves old lines below itself. */
	if (p->shown_lines)
		textbuf_add(&p->out, "\033[J");
	p->shown_lines = count_lines(&p->shown);
}

static void *print(void *arg)
{
	struct printer *p = arg;
	struct textbuf text = { 0 };
	bool is_broken = false;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct textbuf swap = p->text;
		bool has_new_frame = p->has_new_frame;

		if (!p->text.len && !has_new_frame) {
			if (p->is_stopping)
				break;
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		p->text = text;
		text = swap;
		if (has_new_frame) {
			textbuf_clear(&p->shown);
			textbuf_bytes(&p->shown, textbuf_string(&p->frame), p->frame.len);
		}
		p->has_new_frame = false;
		p->in_flight = text.len;
		pthread_mutex_unlock(&p->lock);

		if (!is_broken) {
			compose(p, &text, has_new_frame);
			pthread_mutex_lock(&p->lock);
			p->in_flight = p->out.len;
			pthread_mutex_unlock(&p->lock);
			is_broken = !write_all(p, textbuf_string(&p->out), p->out.len);
		}

		pthread_mutex_lock(&p->lock);
		if (is_broken)
			p->lost += text.len;
		p->in_flight = 0;
		textbuf_clear(&text);
	}
	p->is_ended = true;
	pthread_cond_signal(&p->moved);
	pthread_mutex_unlock(&p->lock);
	textbuf_release(&text);
	return NULL;
}

enum status printer_new(int fd, struct printer **out, struct err *err)
{
	struct printer *p = calloc(1, sizeof(*p));
	pthread_attr_t small;
	bool is_made;

	*out = NULL;
	if (!p)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the output");
	p->fd = fd;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	thread_cond_init(&p->moved);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	is_made = pthread_create(&p->thread, &small, print, p) == 0;
	pthread_attr_destroy(&small);
	if (!is_made) {
		free(p);
		return err_set(err, STATUS_NO_MEMORY, "the system gives no thread for the output");
	}
	*out = p;
	return STATUS_OK;
}

void printer_text(struct printer *p, const char *text, size_t size, bool is_minor)
{
	const size_t room = is_minor ? PRINTER_ROOM_BYTES : 4 * PRINTER_ROOM_BYTES;

	pthread_mutex_lock(&p->lock);
	if (p->text.len + size <= room)
		textbuf_bytes(&p->text, text, size);
	else if (!is_minor)
		p->lost += size;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void printer_frame(struct printer *p, const char *frame, size_t size)
{
	pthread_mutex_lock(&p->lock);
	textbuf_clear(&p->frame);
	textbuf_bytes(&p->frame, frame, size);
	p->has_new_frame = true;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

bool printer_free(struct printer *p, uint32_t wait_ms, uint64_t *lost)
{
	uint64_t seen;
	bool is_ended;

	if (!p)
		return true;
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	pthread_cond_signal(&p->work);
	do {
		const struct timespec until = thread_time_after(wait_ms);

		seen = p->written;
		while (!p->is_ended && p->written == seen &&
		       pthread_cond_timedwait(&p->moved, &p->lock, &until) != ETIMEDOUT)
			;
		is_ended = p->is_ended;
	} while (!is_ended && p->written != seen);
	if (lost)
		*lost = p->lost + (is_ended ? 0 : p->text.len + p->in_flight);
	pthread_mutex_unlock(&p->lock);
	if (!is_ended)
		return false;
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->moved);
	pthread_mutex_destroy(&p->lock);
	textbuf_release(&p->text);
	textbuf_release(&p->frame);
	textbuf_release(&p->out);
	textbuf_release(&p->shown);
	free(p);
	return true;
}
