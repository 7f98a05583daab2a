/* Who may read the page and who may change something: the rules, without a server. */
#include "tests/web/prelude.h"

#include "station/web/web_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const proxies[] = { "https://line3.example" };

static struct web_guard guard_of_line(void)
{
	struct web_guard g = { .port = 8320, .origins = proxies, .origin_count = 1 };

	snprintf(g.token, sizeof(g.token), "q1W2e3R4t5Y6u7I8o9P0aZ");
	return g;
}

static void a_name_that_is_not_ours_is_no_host(void **state)
{
	static const char *const good[] = { "127.0.0.1:8320", "localhost:8320",   "LOCALHOST:8320",
					    "[::1]:8320",     "192.168.1.7:8320", "line3.example" };
	static const char *const bad[] = { "evil.example:8320",
					   "127.0.0.1:8321",
					   "127.0.0.1",
					   "",
					   ":8320",
					   "[::1:8320",
					   "127.0.0.1.evil.example:8320",
					   "127.0.0.1:8320@evil.example",
					   "127.0.0.1:8320x",
					   "127.0.0.1:083200000000000000",
					   "evil.example",
					   "line3.example:8320",
					   "line3.example.evil" };
	struct web_guard g = guard_of_line();

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!web_guard_host(&g, good[i]))
			fail_msg("%s is ours", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (web_guard_host(&g, bad[i]))
			fail_msg("'%s' is not ours", bad[i]);
	}
	assert_false(web_guard_host(&g, NULL));
}

static void only_our_page_and_the_named_origins_may_change_things(void **state)
{
	struct web_guard g = guard_of_line();

	(void)state;
	assert_true(web_guard_origin(&g, "http://127.0.0.1:8320", "127.0.0.1:8320"));
	assert_true(web_guard_origin(&g, "https://line3.example", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "http://evil.example", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "http://127.0.0.1:8321", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "https://127.0.0.1:8320", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "http://line3.example", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "null", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, "", "127.0.0.1:8320"));
	assert_false(web_guard_origin(&g, NULL, "127.0.0.1:8320"));
}

static void the_token_is_known_whole_or_not_at_all(void **state)
{
	struct web_guard g = guard_of_line(), none = guard_of_line();

	(void)state;
	none.token[0] = '\0';
	assert_true(web_guard_bearer(&g, "Bearer q1W2e3R4t5Y6u7I8o9P0aZ"));
	assert_true(web_guard_bearer(&g, "bearer  q1W2e3R4t5Y6u7I8o9P0aZ"));
	assert_false(web_guard_bearer(&g, "Bearer q1W2e3R4t5Y6u7I8o9P0a"));
	assert_false(web_guard_bearer(&g, "Bearer q1W2e3R4t5Y6u7I8o9P0aZZ"));
	assert_false(web_guard_bearer(&g, "Bearer "));
	assert_false(web_guard_bearer(&g, "Basic q1W2e3R4t5Y6u7I8o9P0aZ"));
	assert_false(web_guard_bearer(&g, NULL));
	assert_false(web_guard_token(&none, ""));
}

static void a_session_ends_and_belongs_to_its_token(void **state)
{
	struct web_guard g = guard_of_line(), other = guard_of_line();
	char session[WEB_SESSION_BYTES];

	(void)state;
	other.token[0] = 'Q';
	web_session_make(&g, 1000, session);
	assert_true(web_session_is_good(&g, session, 999));
	assert_false(web_session_is_good(&g, session, 1000));
	assert_false(web_session_is_good(&other, session, 999));
	/* A later end than the one that was signed. */
	session[0] = '2';
	assert_false(web_session_is_good(&g, session, 999));
	/* An end beyond any that is given out. */
	web_session_make(&g, 999 + 10 * (int64_t)WEB_SESSION_S, session);
	assert_false(web_session_is_good(&g, session, 999));
	assert_false(web_session_is_good(&g, "", 999));
	assert_false(web_session_is_good(&g, "1000.", 999));
	assert_false(web_session_is_good(&g, NULL, 999));
}

static void no_byte_of_a_session_can_be_changed(void **state)
{
	struct web_guard g = guard_of_line();
	char session[WEB_SESSION_BYTES];

	(void)state;
	web_session_make(&g, 1000, session);
	for (size_t i = 0; session[i]; i++) {
		char was = session[i];

		session[i] = (char)(was ^ 1);
		if (web_session_is_good(&g, session, 900))
			fail_msg("byte %zu may be changed: %s", i, session);
		session[i] = was;
	}
}

/* What web_token_read() makes of a file of this text and mode. */
static enum status read_as(const char *text, mode_t mode, struct err *err)
{
	char path[] = "/tmp/flashline-token-XXXXXX", token[WEB_TOKEN_BYTES];
	int fd = mkstemp(path);
	enum status st;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	st = web_token_read(path, token, err);
	if (!st)
		assert_int_equal(strlen(token), strcspn(text, "\r\n"));
	unlink(path);
	return st;
}

static void a_token_file_is_private_and_not_guessable(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(read_as("q1W2e3R4t5Y6u7I8o9P0aZ\n", 0600, &err), STATUS_OK);
	assert_int_equal(read_as("q1W2e3R4t5Y6u7I8o9P0aZ", 0400, &err), STATUS_OK);
	assert_int_equal(read_as("q1W2e3R4t5Y6u7I8o9P0aZ\n", 0640, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_int_equal(read_as("q1W2e3R4t5Y6u7I8o9P0aZ\n", 0604, &err), STATUS_USAGE);
	assert_int_equal(read_as("short\n", 0600, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "/dev/urandom"));
	assert_int_equal(read_as("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 0600, &err), STATUS_USAGE);
	assert_int_equal(read_as("two words of a pass phrase here\n", 0600, &err), STATUS_USAGE);
	assert_int_equal(read_as("", 0600, &err), STATUS_USAGE);
	assert_int_equal(web_token_read("/nowhere/token", (char[WEB_TOKEN_BYTES]){ 0 }, &err),
			 STATUS_USAGE);
	assert_int_equal(web_token_read("/tmp", (char[WEB_TOKEN_BYTES]){ 0 }, &err), STATUS_USAGE);
}

static void tokens_that_are_made_differ(void **state)
{
	char a[WEB_TOKEN_BYTES], b[WEB_TOKEN_BYTES];
	struct err err;

	(void)state;
	assert_int_equal(web_token_make(a, &err), STATUS_OK);
	assert_int_equal(web_token_make(b, &err), STATUS_OK);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
}

static void who_asks_too_often_has_to_wait(void **state)
{
	struct web_rate rate = { .level = 3, .most = 3, .per_s = 2 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(web_rate_take(&rate, 0));
	assert_false(web_rate_take(&rate, 0));
	assert_false(web_rate_take(&rate, 400000));
	assert_true(web_rate_take(&rate, 500000));
	assert_false(web_rate_take(&rate, 500000));
	/* Waiting saves up no more than the beginning had. */
	for (unsigned i = 0; i < 3; i++)
		assert_true(web_rate_take(&rate, 3600000000));
	assert_false(web_rate_take(&rate, 3600000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_is_not_ours_is_no_host),
		cmocka_unit_test(only_our_page_and_the_named_origins_may_change_things),
		cmocka_unit_test(the_token_is_known_whole_or_not_at_all),
		cmocka_unit_test(a_session_ends_and_belongs_to_its_token),
		cmocka_unit_test(no_byte_of_a_session_can_be_changed),
		cmocka_unit_test(a_token_file_is_private_and_not_guessable),
		cmocka_unit_test(tokens_that_are_made_differ),
		cmocka_unit_test(who_asks_too_often_has_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
