/*
 * Where a printer is on the network, as the station file says it. Pure.
 */
#ifndef STATION_LABEL_PRINTER_ADDRESS_H
#define STATION_LABEL_PRINTER_ADDRESS_H

#include <stdbool.h>

#define PRINTER_HOST_BYTES 200
#define PRINTER_PORT_BYTES 8
#define PRINTER_PORT_USUAL 9100 /* where printers take ZPL as it comes */

/* "host", "host:9100", "[::1]:9100". false: it is none of these. */
bool printer_address(const char *text, char host[static PRINTER_HOST_BYTES],
		     char port[static PRINTER_PORT_BYTES]);

#endif
