#include "recipes/plan.h"

#include "engine/base/bytes.h"
#include "recipes/boot_check.h"
#include "recipes/canonical.h"
#include "recipes/diag.h"
#include "recipes/inspect.h"
#include "recipes/label.h"
#include "recipes/layout.h"
#include "recipes/pack.h"
#include "recipes/recipe.h"
#include "recipes/serial_source.h"
#include "recipes/unit_data.h"

#include <stdlib.h>
#include <string.h>

static enum status no_memory(const char *path, struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the plan", path);
}

/* A copy, NULL for NULL; *failed when memory is short. */
static char *copy(const char *text, bool *failed)
{
	char *to = text ? strdup(text) : NULL;

	*failed = *failed || (text && !to);
	return to;
}

static bool take_labels(struct plan *p, const char *path, const struct recipe *r)
{
	bool failed = false;

	p->recipe_path = copy(path, &failed);
	p->source = copy(r->yaml->text, &failed);
	p->process = copy(r->process ? r->process : PLAN_PROCESS_USUAL, &failed);
	p->passed_policy = r->passed_policy;
	p->plant_policy = r->plant_policy;
	p->name = copy(r->name, &failed);
	p->revision = r->revision;
	p->product = copy(r->product, &failed);
	p->product_title = copy(r->product_title, &failed);
	p->download_hint = copy(r->download_hint, &failed);
	p->max_rate = r->max_rate;
	p->bridge_policy = r->bridge_policy;
	return !failed;
}

static bool take_bridges(struct plan *p, const struct recipe *r)
{
	const struct yaml_node *list = recipe_bridges(r);
	bool failed = false;

	p->bridges = calloc(list ? list->count + 1 : 1, sizeof(*p->bridges));
	if (!p->bridges)
		return false;
	for (size_t i = 0; list && i < list->count; i++) {
		const struct yaml_node *rates = yaml_find(&list->items[i], "rates");
		struct plan_bridge *b = &p->bridges[p->bridge_count++];

		b->name = copy(yaml_find(&list->items[i], "name")->text, &failed);
		for (size_t j = 0; rates && j < rates->count && j < PLAN_RATES_MAX; j++)
			b->rates[b->rate_count++] = (uint32_t)rates->items[j].number;
	}
	return !failed;
}

static bool take_packages(struct plan *p, const struct recipe *r)
{
	size_t count = r->packages ? yaml_text_count(r->packages) : 0;
	bool failed = false;

	p->packages = calloc(count + 1, sizeof(*p->packages));
	if (!p->packages)
		return false;
	for (size_t i = 0; i < count; i++)
		p->packages[p->package_count++] = copy(yaml_text_at(r->packages, i), &failed);
	return !failed;
}

static bool take_images(struct plan *p, const struct inspection *in)
{
	bool failed = false;

	p->images = calloc(in->count ? in->count : 1, sizeof(*p->images));
	if (!p->images)
		return false;
	for (size_t i = 0; i < in->count; i++) {
		const struct firmware *f = &in->images[i];
		struct plan_image *image = &p->images[p->image_count++];

		image->file = copy(f->recipe->file, &failed);
		image->addr = f->addr;
		image->size_bytes = f->size_bytes;
		image->partition = f->kind == FIRMWARE_MERGED ? NULL : copy(f->partition, &failed);
		memcpy(image->sha256, f->sha256, SHA256_BYTES);
		image->kind = firmware_kind_name(f->kind);
		image->version = f->version[0] ? copy(f->version, &failed) : NULL;
	}
	return !failed;
}

/* Has an image been made for this partition, or does a merged one hold something for it? */
static bool has_content(const struct inspection *in, const struct partition *p)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct firmware *f = &in->images[i];
		size_t size = 0;
		const uint8_t *data = inspect_slice(f, p->addr, p->addr + p->size_bytes, &size);

		if (data && (f->kind != FIRMWARE_MERGED || !firmware_is_blank(data, size)))
			return true;
	}
	for (size_t i = 0; in->unit_data && i < in->unit_data->count; i++) {
		if (in->unit_data->parts[i].addr == p->addr)
			return true;
	}
	return false;
}

static const struct firmware *covering(const struct inspection *in, const struct partition *p)
{
	for (size_t i = 0; i < in->count; i++) {
		size_t size;

		if (inspect_slice(&in->images[i], p->addr, p->addr + p->size_bytes, &size))
			return &in->images[i];
	}
	return NULL;
}

/* Before the layout takes the images' bytes over. */
static bool take_erased(struct plan *p, const struct inspection *in, struct diag_list *diags)
{
	bool failed = false;

	p->erased = calloc(in->table.count + 1, sizeof(*p->erased));
	if (!p->erased)
		return false;
	for (size_t i = 0; i < in->table.count; i++) {
		const struct partition *part = &in->table.rows[i];
		const struct firmware *f = covering(in, part);

		if ((!f && in->recipe->erase != ERASE_ALL) || has_content(in, part))
			continue;
		p->erased[p->erased_count++] = (struct plan_erased){
			.partition = copy(part->name, &failed),
			.addr = part->addr,
			.size_bytes = part->size_bytes,
		};
		if (f && in->recipe->erase != ERASE_ALL)
			diag_warning(diags, f->recipe->file_at,
				     "%s: its gap of FF erases partition '%s' (0x%x, %u KB)",
				     f->recipe->file, part->name, part->addr,
				     part->size_bytes >> 10);
	}
	return !failed;
}

static bool take_digest(struct plan *p, const struct inspection *in)
{
	p->canonical = canonical_text(in);
	if (!p->canonical)
		return false;
	digest_sha256((const uint8_t *)p->canonical, strlen(p->canonical), p->digest);
	hex_text(p->digest, SHA256_BYTES, p->digest_text);
	return true;
}

static enum status take_flash(struct plan *p, struct inspection *in, struct err *err)
{
	const struct recipe *r = in->recipe;
	struct layout *l = calloc(1, sizeof(*l));

	p->storage = l;
	if (!l)
		return no_memory(p->recipe_path, err);
	TRY(layout_make(l, in, err));
	p->flash = (struct flash_plan){
		.chip = r->chip,
		.min_rev = in->min_rev,
		.max_rev = in->max_rev,
		.flash_bytes = r->flash_bytes,
		.end_addr = l->end_addr,
		.variants = l->variants,
		.variant_count = l->variant_count,
		.erase = r->erase,
		.rooms = l->rooms,
		.room_count = l->room_count,
		.stub = r->stub,
		.compress = r->compress,
		.skip = r->skip,
		.tries = r->tries,
		.packages = (const char *const *)p->packages,
		.package_count = p->package_count,
		.psram_bytes = r->psram_bytes,
		.security = r->security,
		.accept_unproven = r->accept_unproven,
		.clear_protection = r->clear_protection,
		.boot = boot_check_console(r->boot_check),
		.pack = pack_part,
		.own_ranges = in->unit_data ? in->unit_data->ranges : NULL,
		.own_range_count = in->unit_data ? in->unit_data->count : 0,
		.own_packed_bytes = in->unit_data ? in->unit_data->packed_bytes : 0,
	};
	return STATUS_OK;
}

static enum status build(const char *path, struct inspection *in, struct plan **out,
			 struct diag_list *diags, struct err *err)
{
	struct plan *p = calloc(1, sizeof(*p));
	enum status st = STATUS_NO_MEMORY;

	if (p && take_labels(p, path, in->recipe) && take_bridges(p, in->recipe) &&
	    take_packages(p, in->recipe) && take_images(p, in) && take_erased(p, in, diags) &&
	    take_digest(p, in))
		st = take_flash(p, in, err);
	else
		no_memory(path, err);
	if (st) {
		plan_free(p);
		return st;
	}
	p->serial = in->serial;
	p->unit_data = in->unit_data;
	p->label = in->label;
	*out = p;
	return STATUS_OK;
}

static enum status inspect_all(const char *path, struct inspection *in, const struct recipe *r,
			       struct firmware *images, struct diag_list *diags, struct err *err)
{
	inspect(in, r, images, r->image_count, diags);
	TRY(serial_source_take(r, path, &in->serial, diags, err));
	TRY(unit_data_take(in, path, &in->unit_data, diags, err));
	TRY(label_take(r, path, &in->label, diags, err));
	if (diags->error_count)
		return err_set(err, STATUS_RECIPE, "%s: %zu error%s", path, diags->error_count,
			       diags->error_count == 1 ? "" : "s");
	return STATUS_OK;
}

static enum status read_and_build(const char *path, const struct recipe *r, struct firmware *images,
				  struct plan **out, struct diag_list *diags, struct err *err)
{
	size_t max_bytes = r->chip ? r->chip->max_flash_bytes : FLASH_MAX_BYTES;
	struct inspection in;
	enum status st;

	for (size_t i = 0; i < r->image_count; i++)
		TRY(firmware_read(&r->images[i], max_bytes, &images[i], diags, err));
	st = inspect_all(path, &in, r, images, diags, err);
	if (!st)
		st = build(path, &in, out, diags, err);
	if (st) {
		serial_source_release(&in.serial);
		unit_data_free(in.unit_data);
		label_free(in.label);
	}
	return st;
}

enum status plan_load(const char *recipe_path, const char *products_dir, struct plan **out,
		      struct diag_list *diags, struct err *err)
{
	struct firmware *images;
	struct recipe *r;
	enum status st;

	*out = NULL;
	st = recipe_load(recipe_path, products_dir, &r, diags, err);
	if (st)
		return st;
	images = calloc(r->image_count + 1, sizeof(*images));
	if (images)
		st = read_and_build(recipe_path, r, images, out, diags, err);
	else
		st = no_memory(recipe_path, err);
	for (size_t i = 0; images && i < r->image_count; i++)
		firmware_release(&images[i]);
	free(images);
	if (!st) {
		(*out)->boot_check = r->boot_check;
		r->boot_check = NULL;
	}
	recipe_free(r);
	diag_sort(diags);
	return st;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->image_count; i++) {
		free(p->images[i].file);
		free(p->images[i].partition);
		free(p->images[i].version);
	}
	for (size_t i = 0; i < p->erased_count; i++)
		free(p->erased[i].partition);
	for (size_t i = 0; i < p->bridge_count; i++)
		free(p->bridges[i].name);
	free(p->images);
	free(p->erased);
	for (size_t i = 0; i < p->package_count; i++)
		free(p->packages[i]);
	free(p->bridges);
	free(p->packages);
	free(p->recipe_path);
	free(p->source);
	free(p->process);
	free(p->name);
	free(p->product);
	free(p->product_title);
	free(p->download_hint);
	boot_check_free(p->boot_check);
	serial_source_release(&p->serial);
	unit_data_free(p->unit_data);
	label_free(p->label);
	free(p->canonical);
	if (p->storage)
		layout_release(p->storage);
	free(p->storage);
	free(p);
}
