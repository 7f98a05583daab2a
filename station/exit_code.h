/*
 * What the program tells its caller. Where several apply, the one that stands
 * highest in its effect wins: INTERRUPTED over STATION over UNITS over PASSED.
 */
#ifndef STATION_EXIT_CODE_H
#define STATION_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_PASSED = 0,        /* everything asked for was done; all units passed */
	EXIT_CODE_UNITS = 1,         /* some unit did not pass */
	EXIT_CODE_USAGE = 2,         /* command line or recipe wrong, or no unit to work on */
	EXIT_CODE_STATION = 3,       /* the station itself failed: database, memory */
	EXIT_CODE_INTERRUPTED = 130, /* Ctrl-C or a termination signal */
};

#endif
