/* Any bytes as the CSV of an NVS partition; what is accepted becomes pages of the right form. */
#include "recipes/nvs/nvs_csv.h"

#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const uint8_t *image, size_t size, const struct nvs_result *result)
{
	if (!result->pages || result->pages * NVS_PAGE_BYTES + NVS_PAGE_BYTES > size)
		__builtin_trap(); /* the last page is not free */
	for (size_t p = 0; p < size / NVS_PAGE_BYTES; p++) {
		const uint8_t *page = image + p * NVS_PAGE_BYTES;
		uint32_t state = p + 1 < result->pages    ? 0xfffffffc
				 : p + 1 == result->pages ? 0xfffffffe
							  : 0xffffffff;

		if (get_le32(page) != state ||
		    get_le32(page + 4) != (p < result->pages ? p : 0xffffffff))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct nvs_value items[] = { { "serial", "SN1" }, { "n", "17" } };
	const struct nvs_values values = { items, 2 };
	static uint8_t image[16 * NVS_PAGE_BYTES];
	struct diag_list diags = { 0 };
	struct nvs_csv *t;
	struct err err;

	if (!nvs_csv_read_text("t.csv", "/nonexistent/", (const char *)data, size, &t, &diags,
			       &err)) {
		enum nvs_version version = size % 8 ? NVS_VERSION_2 : NVS_VERSION_1;
		struct nvs_result result;

		nvs_csv_check_names(t, &values, &diags);
		if (!nvs_csv_image(t, &values, version, sizeof(image), image, &result, &err))
			check(image, sizeof(image), &result);
		nvs_csv_free(t);
	}
	diag_list_release(&diags);
	return 0;
}
