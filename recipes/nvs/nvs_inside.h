/*
 * Between the files of nvs. Not for others.
 */
#ifndef RECIPES_NVS_INSIDE_H
#define RECIPES_NVS_INSIDE_H

#include "recipes/nvs/nvs.h"

/* Ranges and lengths; as nvs_check_keys, which has to have been content. */
enum status nvs_check_values(const struct nvs_content *content, struct nvs_result *result,
			     struct err *err);

#endif
