/*
 * What 'flashline check' says about serial numbers and units' own data; a part of recipes/check.h.
 */
#ifndef RECIPES_CHECK_DATA_H
#define RECIPES_CHECK_DATA_H

#include "recipes/page.h"
#include "recipes/plan.h"

void check_add_serial(struct page *t, const struct plan *p);
void check_add_data(struct page *t, const struct plan *p);
/* ,"serial":{...} or null, ,"data":[...] */
void check_json_serial(struct page *t, const struct plan *p);
void check_json_data(struct page *t, const struct plan *p);

#endif
