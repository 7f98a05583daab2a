#include "engine/glance.h"

#include "engine/ident.h"
#include "engine/loader.h"

#include <string.h>

#define FIRST_RATE 115200
/* The ROM listens within some 50 ms of the strap's hold; two SYNCs may come too early. */
#define SYNCS 3
/* Fewer bytes than these a line may have caught while it was touched; a boot text has a hundred. */
#define VOICE_BYTES 16

bool glance_is_same(const struct glance *a, const struct glance *b)
{
	return a->kind == b->kind && memcmp(a->mac, b->mac, MAC_BYTES) == 0;
}

/* What a port says of itself tells nothing about the unit. */
static bool is_of_port(enum status st)
{
	return st == STATUS_PORT_GONE || st == STATUS_PORT_FAILED || st == STATUS_CANCELLED ||
	       st == STATUS_RATE_FAILED || st == STATUS_NOT_SUPPORTED;
}

/* Anything but the MAC is of no interest, so neither is what hindered it. */
static enum status read_mac(struct loader *l, struct glance *seen, struct err *err)
{
	struct ident ident = { .chip = NULL };
	enum status st = ident_detect(l, &ident, err);

	/* Here it is an unknown chip that is not supported, not the port. */
	if (st == STATUS_NOT_SUPPORTED)
		return STATUS_OK;
	if (!st && ident.chip)
		st = ident_read(l, &ident, err);
	if (is_of_port(st))
		return st;
	if (ident.has_mac) {
		seen->kind = GLANCE_UNIT;
		memcpy(seen->mac, ident.mac, MAC_BYTES);
	}
	return STATUS_OK;
}

static enum status ask(struct loader *l, struct glance *seen, struct err *err)
{
	struct sync_report sync;
	enum status st = loader_sync(l, SYNCS, &sync, err);

	if (is_of_port(st))
		return st;
	if (!st || sync.answers)
		seen->kind = GLANCE_ANSWER;
	else if (l->noise.bytes >= VOICE_BYTES)
		seen->kind = GLANCE_VOICE;
	return st ? STATUS_OK : read_mac(l, seen, err);
}

enum status glance_take(struct transport *t, enum reset_kind reset, struct deadline d,
			struct glance *seen, struct err *err)
{
	const enum run_kind run =
		reset_kind_holds_strap(reset) ? RUN_STRAP_HELD : RUN_BEHIND_BRIDGE;
	struct loader l;
	uint32_t actual;
	struct err ignored;
	enum status st;

	*seen = (struct glance){ .kind = GLANCE_NOTHING };
	TRY(transport_set_baud(t, FIRST_RATE, &actual, err));
	TRY(loader_init(&l, t, actual, d, err));
	st = lines_enter_loader(t, reset, err);
	if (!st)
		st = ask(&l, seen, err);
	loader_release(&l);
	if (st)
		*seen = (struct glance){ .kind = GLANCE_NOTHING };
	/* Also behind a failure: a unit must not be left in its loader. */
	if (st != STATUS_PORT_GONE && st != STATUS_NOT_SUPPORTED)
		(void)lines_run_application(t, run, &ignored);
	return st;
}
