#include "engine/lines.h"

#include <assert.h>

/*
 * On a unit with two transistors DTR alone pulls GPIO0 low, RTS alone pulls EN
 * low, and both together do neither. docs/protocol.md, resets.
 */
struct line_step {
	bool dtr, rts;
	uint16_t hold_ms;
};

#define STEPS_MAX 6

struct line_sequence {
	const char *name;
	struct line_step steps[STEPS_MAX];
	size_t count;
	bool holds_strap;    /* ends with GPIO0 low */
	bool resets_at_once; /* as RTS rises, not as it falls */
};

#define ON true
#define OFF false
#define EN_LOW_MS 100
#define STRAP_MS 50
#define STRAP_LONG_MS 550 /* boards whose EN capacitor lets the chip start late */

/* clang-format off */
static const struct line_sequence enter_loader[RESET_KIND_COUNT] = {
	[RESET_TIGHT] = {
		.name = "tight",
		.steps = {
			/* dtr  rts  hold_ms */
			{ OFF, OFF, 0 },
			{ ON,  ON,  0 },
			{ OFF, ON,  EN_LOW_MS }, /* in reset */
			{ ON,  OFF, STRAP_MS },  /* started with GPIO0 low: the ROM waits for us */
			{ OFF, OFF, 0 },
		},
		.count = 5,
	},
	[RESET_TIGHT_LONG] = {
		.name = "tight, long",
		.steps = {
			{ OFF, OFF, 0 },
			{ ON,  ON,  0 },
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  OFF, STRAP_LONG_MS },
			{ OFF, OFF, 0 },
		},
		.count = 5,
	},
	[RESET_CLASSIC] = {
		.name = "classic",
		.steps = {
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  ON,  0 }, /* DTR goes before RTS */
			{ ON,  OFF, STRAP_MS },
			{ OFF, OFF, 0 },
		},
		.count = 4,
	},
	[RESET_CLASSIC_LONG] = {
		.name = "classic, long",
		.steps = {
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  ON,  0 },
			{ ON,  OFF, STRAP_LONG_MS },
			{ OFF, OFF, 0 },
		},
		.count = 4,
	},
	[RESET_USB_JTAG] = {
		.name = "usb-jtag",
		.steps = {
			{ OFF, OFF, 100 }, /* a known state to begin with */
			{ ON,  OFF, 100 }, /* the chip's USB block takes GPIO0 as low */
			{ ON,  ON,  0 },   /* not by way of both released: that would forget it */
			{ OFF, ON,  EN_LOW_MS },
			{ OFF, OFF, 0 },
		},
		.count = 5,
		.resets_at_once = true,
	},
	[RESET_TIGHT_HELD] = {
		.name = "tight, strap held",
		.steps = {
			{ OFF, OFF, 0 },
			{ ON,  ON,  0 },
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  OFF, STRAP_MS },
		},
		.count = 4,
		.holds_strap = true,
	},
	[RESET_TIGHT_HELD_LONG] = {
		.name = "tight, strap held, long",
		.steps = {
			{ OFF, OFF, 0 },
			{ ON,  ON,  0 },
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  OFF, STRAP_LONG_MS },
		},
		.count = 4,
		.holds_strap = true,
	},
};

static const struct line_sequence run_application[] = {
	[RUN_BEHIND_BRIDGE] = {
		.name = "restart",
		.steps = {
			{ OFF, ON,  EN_LOW_MS },
			{ OFF, OFF, 0 },
		},
		.count = 2,
	},
	/* Twice the time: some native USB ports need it to come back. */
	[RUN_NATIVE_USB] = {
		.name = "restart, native USB",
		.steps = {
			{ OFF, OFF, 100 },
			{ OFF, ON,  200 },
			{ OFF, OFF, 200 },
		},
		.count = 3,
	},
	[RUN_STRAP_HELD] = {
		.name = "restart, strap held",
		.steps = {
			{ OFF, ON,  EN_LOW_MS },
			{ ON,  ON,  STRAP_MS * 2 }, /* started, with GPIO0 high */
			{ ON,  OFF, 0 },            /* too late for the strap */
		},
		.count = 3,
	},
};
/* clang-format on */

/* What the unit said before the reset has arrived by then: it is dropped. */
static enum status play(struct transport *t, const struct line_sequence *s, struct err *err)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct line_step *step = &s->steps[i];
		bool is_reset = step->rts && !step->dtr;

		if (is_reset && s->resets_at_once)
			TRY(transport_discard(t, err));
		TRY(transport_set_lines(t, step->dtr, step->rts, err));
		if (step->hold_ms)
			clock_sleep_ms(t->clock, step->hold_ms);
		if (is_reset && !s->resets_at_once)
			TRY(transport_discard(t, err));
	}
	return STATUS_OK;
}

const char *reset_kind_name(enum reset_kind kind)
{
	assert((unsigned)kind < RESET_KIND_COUNT);
	return enter_loader[kind].name;
}

bool reset_kind_holds_strap(enum reset_kind kind)
{
	assert((unsigned)kind < RESET_KIND_COUNT);
	return enter_loader[kind].holds_strap;
}

enum status lines_enter_loader(struct transport *t, enum reset_kind kind, struct err *err)
{
	assert((unsigned)kind < RESET_KIND_COUNT);
	return play(t, &enter_loader[kind], err);
}

enum status lines_run_application(struct transport *t, enum run_kind kind, struct err *err)
{
	assert((unsigned)kind < sizeof(run_application) / sizeof(run_application[0]));
	return play(t, &run_application[kind], err);
}
