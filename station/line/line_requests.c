/* What people ask of a line: requests.h. */
#include "station/line/line_inside.h"

void line_take_requests(struct session *s)
{
	(void)s;
}
