#include "station/label/label_printer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status label_printer_init(struct label_printer *p, const struct station_printer *setup,
			       struct err *err)
{
	*p = (struct label_printer){ .asks_status = !setup->is_silent };
	if (setup->zpl) {
		p->is_zpl = true;
		if (!printer_address(setup->zpl, p->host, p->port))
			return err_set(err, STATUS_USAGE,
				       "printer '%s': expected an address and a port such as "
				       "192.168.1.50:9100",
				       setup->zpl);
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
