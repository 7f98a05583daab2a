/*
 * A label printer: one that speaks ZPL on a TCP port, or a command of the factory's.
 *
 * These block, within the limits below, on the thread of the labels alone. Whatever makes stop
 * readable ends them at once.
 */
#ifndef STATION_LABEL_LABEL_PRINTER_H
#define STATION_LABEL_LABEL_PRINTER_H

#include "engine/base/err.h"
#include "station/label/printer_address.h"
#include "station/line/station_file.h"

#include <stdbool.h>
#include <stddef.h>

/* Our choices: a printer in the next room answers within milliseconds. */
#define PRINTER_CONNECT_MS 3000
#define PRINTER_ANSWER_MS 2000 /* of ~HS; one without paper does not answer at all */
#define PRINTER_SEND_MS 10000
#define PRINTER_COMMAND_MS 30000

struct label_printer {
	bool is_zpl, asks_status;
	char host[PRINTER_HOST_BYTES], port[PRINTER_PORT_BYTES];
	const char *command; /* lent; NULL none */
	char name[256];      /* for records: "zpl 192.168.1.50:9100", "command lp -d labels" */
};

enum print_end {
	PRINT_DONE,
	PRINT_LATER,   /* not a byte that could become a label went out: it may be tried again */
	PRINT_FAILED,  /* and must not be tried again by itself: it may have been printed */
	PRINT_STOPPED, /* before anything went out */
};

/* STATUS_USAGE: the address cannot be read. Neither zpl nor command: one that is never ready. */
enum status label_printer_init(struct label_printer *p, const struct station_printer *setup,
			       struct err *err);

/* Can it print now? err's text says why not, for people. A command is always ready. */
enum print_end label_printer_ready(const struct label_printer *p, int stop, struct err *err);
enum print_end label_printer_print(const struct label_printer *p, const char *label, size_t size,
				   int stop, struct err *err);

/* ---- of the two kinds, inside ---- */

enum print_end zpl_printer_ready(const struct label_printer *p, int stop, struct err *err);
enum print_end zpl_printer_print(const struct label_printer *p, const char *label, size_t size,
				 int stop, struct err *err);
enum print_end command_printer_print(const struct label_printer *p, const char *label, size_t size,
				     int stop, struct err *err);

#endif
