/*
 * Evidence, suspects and advice of a verdict, also of one that the flasher did not give: it never
 * had the port, was given up on, or the station found the same MAC in two slots.
 */
#ifndef STATION_JUDGEMENT_H
#define STATION_JUDGEMENT_H

#include "engine/flasher.h"

struct judgement {
	char evidence[sizeof(((struct flash_report *)0)->evidence)];
	char suspects[sizeof(((struct flash_report *)0)->suspects)];
	char advice[sizeof(((struct flash_report *)0)->advice)];
};

/*
 * report NULL: there is none. The report's own words where it has come to this verdict; else the
 * detail is all the evidence, and the status says the rest. suspects and advice are ""
 * for a PASS without help.
 */
void judgement_of(enum status status, const struct flash_report *report, const char *detail,
		  struct judgement *j);

#endif
