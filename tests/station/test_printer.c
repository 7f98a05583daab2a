#define _XOPEN_SOURCE 700 /* pipe, signal */
#include "tests/station/tree.h"

#include "station/printer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pipe_ends {
	int read, write;
};

static struct printer *new_printer(struct pipe_ends *ends)
{
	struct printer *p;
	struct err err;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	ends->read = fds[0];
	ends->write = fds[1];
	if (printer_new(ends->write, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

static void read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, text + len, size - len - 1)) > 0)
		len += (size_t)got;
	text[len] = '\0';
}

static void text_comes_out_in_order_and_whole(void **state)
{
	struct pipe_ends ends;
	struct printer *p = new_printer(&ends);
	char text[64];
	uint64_t lost;

	(void)state;
	printer_text(p, "one\n", 4, false);
	printer_text(p, "two\n", 4, true);
	assert_true(printer_free(p, 60000, &lost));
	assert_int_equal(lost, 0);
	close(ends.write);
	read_all(ends.read, text, sizeof(text));
	assert_string_equal(text, "one\ntwo\n");
	close(ends.read);
}

static void a_closed_pipe_loses_text_and_nothing_else(void **state)
{
	struct pipe_ends ends;
	struct printer *p = new_printer(&ends);
	uint64_t lost;

	(void)state;
	close(ends.read);
	for (unsigned i = 0; i < 1000; i++)
		printer_text(p, "nobody reads this\n", 18, false);
	assert_true(printer_free(p, 60000, &lost));
	assert_true(lost > 0);
	close(ends.write);
}

static void a_full_pipe_never_blocks_and_minor_text_goes_first(void **state)
{
	static char block[65536];
	struct pipe_ends ends;
	struct printer *p = new_printer(&ends);
	static char all[8u << 20];
	uint64_t lost;

	(void)state;
	memset(block, 'm', sizeof(block));
	/* Far more than pipe and buffer hold, while nobody reads. */
	for (unsigned i = 0; i < 64; i++)
		printer_text(p, block, sizeof(block), true);
	printer_text(p, "the verdict\n", 12, false);
	/* Nothing moves: the printer says so instead of waiting for ever. */
	assert_false(printer_free(p, 1, &lost));
	assert_true(lost > 0);
	/* Once the reader comes back, it gets what was kept, the verdict included. */
	for (size_t len = 0;;) {
		ssize_t got = read(ends.read, all + len, sizeof(all) - len - 1);

		assert_true(got > 0);
		len += (size_t)got;
		all[len] = '\0';
		if (len >= 12 && strcmp(all + len - 12, "the verdict\n") == 0)
			break;
	}
	assert_true(printer_free(p, 60000, &lost));
	close(ends.read);
	close(ends.write);
}

static void text_is_written_above_the_frame(void **state)
{
	struct pipe_ends ends;
	struct printer *p = new_printer(&ends);
	char text[256], piece[64];
	const char *end = "line 2\033[K\n";
	size_t len = 0;

	(void)state;
	printer_frame(p, "line 1\nline 2\n", 14);
	/* Wait until it is drawn, so that the text comes second. */
	while (len < strlen(end) || strcmp(text + len - strlen(end), end) != 0) {
		ssize_t got = read(ends.read, piece, sizeof(piece));

		assert_true(got > 0);
		memcpy(text + len, piece, (size_t)got);
		len += (size_t)got;
		text[len] = '\0';
	}
	assert_string_equal(text, "line 1\033[K\nline 2\033[K\n");
	printer_text(p, "news\n", 5, false);
	assert_true(printer_free(p, 60000, NULL));
	close(ends.write);
	read_all(ends.read, text, sizeof(text));
	assert_string_equal(text, "\033[2A\r\033[Jnews\nline 1\033[K\nline 2\033[K\n\033[J");
	close(ends.read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_out_in_order_and_whole),
		cmocka_unit_test(a_closed_pipe_loses_text_and_nothing_else),
		cmocka_unit_test(a_full_pipe_never_blocks_and_minor_text_goes_first),
		cmocka_unit_test(text_is_written_above_the_frame),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
