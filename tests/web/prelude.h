/* cmocka's usual prelude, in its order. */
#ifndef TESTS_WEB_PRELUDE_H
#define TESTS_WEB_PRELUDE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#endif
