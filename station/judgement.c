#include "station/judgement.h"

#include "engine/cause.h"

#include <stdio.h>

void judgement_of(enum status status, const struct flash_report *report, const char *detail,
		  struct judgement *j)
{
	const struct link_facts nothing = { 0 };
	const struct cause_case c = { .status = status };
	const bool has_seen = report && report->evidence[0];

	*j = (struct judgement){ 0 };
	snprintf(j->evidence, sizeof(j->evidence), "%s", has_seen ? report->evidence : detail);
	if (report && report->status == status && (!status || report->suspects[0])) {
		snprintf(j->suspects, sizeof(j->suspects), "%s", report->suspects);
		snprintf(j->advice, sizeof(j->advice), "%s", report->advice);
	} else if (status) {
		cause_judge(&nothing, &c, j->suspects, sizeof(j->suspects), j->advice,
			    sizeof(j->advice));
	}
}
