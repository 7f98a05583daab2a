#include "station/label/label_printer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "host", "host:9100", "[::1]:9100" */
static enum status take_address(struct label_printer *p, const char *text, struct err *err)
{
	const char *host = text, *port = strrchr(text, ':'), *end = port;
	unsigned long number = 9100;
	char *rest;

	if (text[0] == '[') {
		host = text + 1;
		end = strchr(host, ']');
		port = end && end[1] == ':' ? end + 1 : NULL;
		if (!end || (end[1] && !port))
			host = end = ""; /* refused below */
	} else if (!port) {
		end = text + strlen(text);
	}
	if (port) {
		number = strtoul(port + 1, &rest, 10);
		if (port[1] < '0' || port[1] > '9' || *rest)
			number = 0;
	}
	if (strpbrk(host, " \t"))
		number = 0;
	if (end == host || (size_t)(end - host) >= sizeof(p->host) || number < 1 || number > 65535)
		return err_set(err, STATUS_USAGE,
			       "printer '%s': expected an address and a port such as "
			       "192.168.1.50:9100",
			       text);
	snprintf(p->host, sizeof(p->host), "%.*s", (int)(end - host), host);
	snprintf(p->port, sizeof(p->port), "%lu", number);
	return STATUS_OK;
}

enum status label_printer_init(struct label_printer *p, const struct station_printer *setup,
			       struct err *err)
{
	*p = (struct label_printer){ .asks_status = !setup->is_silent };
	if (setup->zpl) {
		p->is_zpl = true;
		TRY(take_address(p, setup->zpl, err));
		snprintf(p->name, sizeof(p->name), "zpl %s", setup->zpl);
	} else if (setup->command) {
		p->command = setup->command;
		snprintf(p->name, sizeof(p->name), "command %s", setup->command);
	}
	return STATUS_OK;
}

enum print_end label_printer_ready(const struct label_printer *p, int stop, struct err *err)
{
	if (p->is_zpl)
		return p->asks_status ? zpl_printer_ready(p, stop, err) : PRINT_DONE;
	if (p->command)
		return PRINT_DONE;
	err_set(err, STATUS_USAGE, "no printer is named: the station file needs printer:");
	return PRINT_LATER;
}

enum print_end label_printer_print(const struct label_printer *p, const char *label, size_t size,
				   int stop, struct err *err)
{
	if (p->is_zpl)
		return zpl_printer_print(p, label, size, stop, err);
	if (p->command)
		return command_printer_print(p, label, size, stop, err);
	return label_printer_ready(p, stop, err);
}
