/* The ports that are plugged in, as a table for people. */
#ifndef STATION_PORTS_TABLE_H
#define STATION_PORTS_TABLE_H

#include "station/ports.h"
#include "station/textbuf.h"

/* "no serial port" when there is none. */
void ports_table(const struct port_list *ports, struct textbuf *out);

#endif
