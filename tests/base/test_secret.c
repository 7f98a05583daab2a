/* Secrets: wiped when they are given back, and a process that holds some leaves no core. */
#include "engine/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_secret_is_a_copy_with_an_end(void **state)
{
	char text[] = "hush";
	struct secret *s = secret_new(text, 3);

	(void)state;
	assert_non_null(s);
	text[0] = 'x';
	assert_string_equal(secret_text(s), "hus");
	secret_free(s);
	secret_free(NULL);
}

static void what_is_wiped_is_zero(void **state)
{
	static const char zeros[8];
	char bytes[8] = "hushhus";

	(void)state;
	secret_wipe(bytes, sizeof(bytes));
	assert_memory_equal(bytes, zeros, sizeof(bytes));
}

/* In a process of its own: it cannot be taken back. */
static void a_guarded_process_leaves_no_core(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct rlimit limit;

		secret_guard_process();
		getrlimit(RLIMIT_CORE, &limit);
		_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect_hidden(const char *text, const char *value, const char *wanted)
{
	char is[200];

	snprintf(is, sizeof(is), "%s", text);
	secret_hide(is, value);
	assert_string_equal(is, wanted);
}

static void a_value_that_others_tell_is_hidden(void **state)
{
	(void)state;
	expect_hidden("joined 'home', pass hunter2.", "hunter2", "joined 'home', pass *******.");
	expect_hidden("key BEEF01, beef01beef01", "beef01", "key ******, ************");
	expect_hidden("pin 0815 of 10815", "0815", "pin **** of 1****");
	expect_hidden("pin 42, 142 times at 42", "42", "pin **, 142 times at **");
	expect_hidden("nothing to hide", "", "nothing to hide");
	expect_hidden("", "hunter2", "");
	expect_hidden("it is ununtil", "until", "it is un*****");
	/* Cut. */
	expect_hidden("pass hunt", "hunter2", "pass ****");
	expect_hidden("the last line was \"pass hunte\"", "hunter2",
		      "the last line was \"pass *****\"");
	expect_hidden("a good hunt is", "hunter2", "a good hunt is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_a_copy_with_an_end),
		cmocka_unit_test(what_is_wiped_is_zero),
		cmocka_unit_test(a_value_that_others_tell_is_hidden),
		cmocka_unit_test(a_guarded_process_leaves_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
