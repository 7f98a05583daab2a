#include "recipes/interlock.h"

#include "engine/ident.h"
#include "recipes/setting.h"

#include <stdio.h>
#include <string.h>

/* A recipe that puts another chip into the product means another package and memory too. */
static struct setting find_of_chip(const struct recipe *r, const char *path)
{
	const struct yaml_node *usual =
		r->preset ? yaml_find(&r->preset->root, "target.chip") : NULL;
	struct setting s = setting_find(r, path);

	if (s.node && s.at.file != r->yaml->file && r->chip && usual && !usual->is_bad &&
	    strcmp(usual->text, r->chip->key) != 0)
		s.node = NULL;
	return s;
}

static bool chip_has_package(const struct chip *chip, const char *name)
{
	const char *has;

	for (size_t i = 0; (has = chip_package_name(chip, i)) != NULL; i++) {
		struct ident ident = { .chip = chip };

		snprintf(ident.package, sizeof(ident.package), "%s", has);
		if (ident_package_is(&ident, name))
			return true;
	}
	return false;
}

/* A name that no unit can have would refuse them all. */
static void check_package(const struct recipe *r, const char *name, struct place at,
			  struct diag_list *diags)
{
	char known[300] = "";
	const char *has;

	if (chip_has_package(r->chip, name))
		return;
	for (size_t i = 0; (has = chip_package_name(r->chip, i)) != NULL; i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", has);
	}
	diag_error(diags, at, "'package' is '%s': an %s comes as %s", name, r->chip->name, known);
}

static void take_packages(struct recipe *r, struct diag_list *diags)
{
	struct setting s = find_of_chip(r, "target.package");

	if (!s.node)
		return;
	for (size_t i = 0; s.node->kind == YAML_LIST && i < s.node->count; i++)
		if (s.node->items[i].is_bad)
			return;
	r->packages = s.node;
	for (size_t i = 0; r->chip && i < yaml_text_count(s.node); i++)
		check_package(r, yaml_text_at(s.node, i), s.at, diags);
}

/* What a recipe for a unit in secure download mode has to say, and what it must not. */
static void check_secure_download(const struct recipe *r, struct place at, struct diag_list *diags)
{
	struct setting stub = setting_find(r, "link.stub");
	struct setting compress = setting_find(r, "link.compress");

	/* docs/chips.md 9: the chips that answer GET_SECURITY_INFO have the mode. */
	if (r->chip && !r->chip->tells_id && !r->chip->has_short_info)
		diag_error(diags, at, "'security' is 'secure_download': an %s has no such mode",
			   r->chip->name);
	if (!setting_find(r, "target.flash_size").node)
		diag_error(diags, at,
			   "'security: secure_download' needs 'target.flash_size': such a unit "
			   "does not tell its own");
	if (!r->accept_unproven)
		diag_error(diags, at,
			   "'security: secure_download' needs 'policy: {accept_unproven: yes}': "
			   "such a unit cannot prove what was written");
	if (stub.node && r->stub != STUB_NEVER)
		diag_error(diags, stub.at,
			   "'stub' is '%s': a unit in secure download mode runs none, expected "
			   "never",
			   stub.node->text);
	if (compress.node && r->compress)
		diag_error(
			diags, compress.at,
			"'compress' is 'yes': not with 'security: secure_download', expected no");
	if (r->skip != SKIP_NEVER)
		diag_error(diags, setting_find(r, "policy.skip").at,
			   "'skip' is 'unchanged': a unit in secure download mode cannot tell what "
			   "is there, expected never");
	if (r->clear_protection)
		diag_error(diags, setting_find(r, "policy.clear_protection").at,
			   "'clear_protection' is 'yes': a unit in secure download mode does not "
			   "show its flash's status, expected no");
	if (r->erase != ERASE_SECTORS)
		diag_error(diags, r->erase_at,
			   "'erase' is '%s': a unit in secure download mode erases what is "
			   "written, expected sectors",
			   setting_find(r, "erase").node->text);
}

/*
 * Secure boot refuses a boot loader that differs from the signed one in a single byte.
 * A unit in secure download mode runs no stub, tells no flash size and computes no MD5:
 * docs/protocol.md, what a flasher may believe.
 */
static void take_security(struct recipe *r, struct diag_list *diags)
{
	struct setting security = setting_find(r, "target.security");
	bool is_patched = r->mode != FLASH_MODE_KEEP || r->frequency_mhz ||
			  r->header_size != HEADER_SIZE_KEEP;

	r->security = (enum security_wanted)setting_choice(r, "target.security", SECURITY_OPEN);
	r->accept_unproven = setting_choice(r, "policy.accept_unproven", 0) == 1;
	if (r->security != SECURITY_OPEN && is_patched)
		diag_error(diags, r->header_at,
			   "'flash' changes the boot loader's header, and with it what was "
			   "signed: 'security: %s' needs mode, frequency and size 'keep'",
			   security.node->text);
	if (r->security != SECURITY_SECURE_DOWNLOAD && r->accept_unproven)
		diag_warning(diags, setting_find(r, "policy.accept_unproven").at,
			     "'accept_unproven' means something with 'security: "
			     "secure_download' only");
	if (r->security != SECURITY_SECURE_DOWNLOAD)
		return;
	check_secure_download(r, security.at, diags);
	r->stub = STUB_NEVER;
	r->compress = false;
}

static void take_bridge_policy(struct recipe *r, struct diag_list *diags)
{
	struct setting bridge = setting_find(r, "link.bridge");

	r->bridge_policy = (enum bridge_policy)setting_choice(r, "link.bridge", BRIDGE_WARN);
	if (r->bridge_policy == BRIDGE_REFUSE && !recipe_bridges(r) && (!r->product || r->preset))
		diag_error(diags, bridge.at,
			   "'bridge: refuse' needs a product that says which bridges it has");
}

void interlock_take(struct recipe *r, struct diag_list *diags)
{
	struct setting psram = find_of_chip(r, "target.psram");

	r->psram_bytes = psram.node ? (uint32_t)psram.node->number : 0;
	take_packages(r, diags);
	take_security(r, diags);
	take_bridge_policy(r, diags);
}
