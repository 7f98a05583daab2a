/* Any bytes as a station file, and as one that gets another slot: what is refused is refused with a
 * word, and a slot that was added can be read again. */
#include "recipes/yaml.h"
#include "station/line/slot_map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list diags = { 0 };
	struct station_file *file = NULL;
	struct yaml *yaml;
	struct err err;
	char *text = malloc(size + 1), *more;

	if (!yaml_read_text("folder/fuzz.yaml", (const char *)data, size, &yaml, &diags, &err))
		station_file_from_yaml(yaml, &file, &diags, &err);
	if (!file && !diags.error_count)
		__builtin_trap();
	station_file_free(file);
	diag_list_release(&diags);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	more = slot_map_insert(text, 7, "pci-0000:00:14.0/1.4:1.0", "0bda:5411 multi");
	if (!more || !strstr(more, "number: 7") || strlen(more) <= strlen(text))
		__builtin_trap();
	free(more);
	free(text);
	return 0;
}
