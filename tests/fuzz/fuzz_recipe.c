/* Any bytes as a recipe: read, checked and merged with a preset, no file opened. */
#include "recipes/recipe.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list diags = { 0 };
	struct recipe *r = NULL;
	struct err err;
	struct yaml *y;

	if (!yaml_read_text("fuzz.yaml", (const char *)data, size, &y, &diags, &err))
		recipe_from_yaml(y, "folder/fuzz.yaml", NULL, &r, &diags, &err);
	/* Nothing is refused without a word. */
	if (!r && !diags.error_count)
		__builtin_trap();
	recipe_free(r);
	diag_list_release(&diags);
	return 0;
}
