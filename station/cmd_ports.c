#include "station/command.h"
#include "station/json.h"
#include "station/ports_table.h"

#include <jansson.h>
#include <stdio.h>

static void print_json(const struct port_list *ports)
{
	json_t *object = json_event("ports");
	json_t *array = json_array();
	struct textbuf line = { 0 };

	for (size_t i = 0; i < ports->count; i++)
		json_array_append_new(array, json_port(&ports->items[i]));
	json_object_set_new(object, "ports", array);
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

enum exit_code cmd_ports(const struct options *options)
{
	struct port_list ports;
	struct err err;

	if (ports_scan(PORTS_SYSFS, &ports, &err)) {
		complain(&err);
		return EXIT_CODE_STATION;
	}
	ports_find_holders(&ports, PORTS_PROC);
	if (options->json) {
		print_json(&ports);
	} else {
		struct textbuf table = { 0 };

		ports_table(&ports, &table);
		fputs(textbuf_string(&table), stdout);
		textbuf_release(&table);
	}
	ports_release(&ports);
	return finish_stdout(EXIT_CODE_PASSED);
}
