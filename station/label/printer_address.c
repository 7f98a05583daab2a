#include "station/label/printer_address.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool printer_address(const char *text, char host[static PRINTER_HOST_BYTES],
		     char port[static PRINTER_PORT_BYTES])
{
	const char *name = text, *colon = strrchr(text, ':'), *end = colon;
	unsigned long number = PRINTER_PORT_USUAL;
	char *rest;

	if (text[0] == '[') {
		name = text + 1;
		end = strchr(name, ']');
		colon = end && end[1] == ':' ? end + 1 : NULL;
		if (!end || (end[1] && !colon))
			return false;
	} else if (!colon) {
		end = text + strlen(text);
	}
	if (colon) {
		if (colon[1] < '0' || colon[1] > '9')
			return false;
		number = strtoul(colon + 1, &rest, 10);
		if (*rest)
			return false;
	}
	if (end == name || (size_t)(end - name) >= PRINTER_HOST_BYTES || strpbrk(name, " \t") ||
	    number < 1 || number > 65535)
		return false;
	snprintf(host, PRINTER_HOST_BYTES, "%.*s", (int)(end - name), name);
	snprintf(port, PRINTER_PORT_BYTES, "%lu", number);
	return true;
}
