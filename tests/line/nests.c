#include "tests/line/nests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_fault no_fault;

static struct nests *present; /* what nests_open() opens ports of */

/* ---- ports ---- */

struct opened { /* one open of a unit's port */
	struct transport t;
	struct hand_unit *unit;
	unsigned plug;
	struct hand_unit
		*bridge; /* that stays; then unit is the board on it, or the bridge itself */
};

/* ---- the time of a plug ---- */

/* 0: it goes on. */
static uint64_t stands_at(struct plug_clock *p)
{
	uint64_t at_us;

	pthread_mutex_lock(&p->unit->nests->lock);
	at_us = p->stands_at_us;
	pthread_mutex_unlock(&p->unit->nests->lock);
	return at_us;
}

static uint64_t plug_now(void *ctx)
{
	struct plug_clock *p = ctx;
	uint64_t at_us = stands_at(p);

	return at_us ? at_us : p->unit->time->clock.now_us(p->unit->time->clock.ctx);
}

static void plug_sleep(void *ctx, uint64_t at_us)
{
	struct plug_clock *p = ctx;

	if (stands_at(p))
		clock_sleep_ms(&clock_monotonic, 1);
	else
		p->unit->time->clock.sleep_until_us(p->unit->time->clock.ctx, at_us);
}

static const struct clock *plug_clock(struct hand_unit *u)
{
	struct plug_clock *p = &u->clocks[u->plug % PLUGS_MAX];

	*p = (struct plug_clock){ .unit = u, .plug = u->plug };
	p->clock = (struct clock){ .now_us = plug_now, .sleep_until_us = plug_sleep, .ctx = p };
	return &p->clock;
}

static void take_out(struct nests *n, unsigned nest);
static void put_in(struct nests *n, unsigned nest, struct hand_unit *u);
static void seat(struct hand_unit *bridge, struct hand_unit *u);
static void lift(struct hand_unit *bridge);

static enum status check(struct opened *o, struct err *err)
{
	bool is_there;

	if (o->t.cancel && atomic_load(o->t.cancel))
		return err_set(err, STATUS_CANCELLED, "stopped");
	pthread_mutex_lock(&o->unit->nests->lock);
	is_there =
		o->bridge ? o->bridge->nest >= 0 : o->unit->nest >= 0 && o->unit->plug == o->plug;
	pthread_mutex_unlock(&o->unit->nests->lock);
	return is_there ? STATUS_OK : err_set(err, STATUS_PORT_GONE, "the unit was taken out");
}

/* A port that is opened again has to keep its clock: that of the unit which was there before. */
static void catch_up(const struct sim_transport *behind, const struct sim_transport *ahead)
{
	if (behind->now_us < ahead->now_us)
		behind->clock.sleep_until_us(behind->clock.ctx, ahead->now_us);
}

/* Whom a bridge leads to: the program's rate and lines hold for each board that comes. */
static void wire(struct opened *o, struct hand_unit *u)
{
	struct sim_transport *port = &u->port;
	uint32_t actual;

	o->unit = u;
	u->time = &o->bridge->port;
	catch_up(port, u->time);
	transport_close(&port->base);
	sim_transport_reopen(port);
	transport_set_lines(&port->base, o->bridge->dtr, o->bridge->rts, NULL);
	if (o->bridge->rate_baud)
		transport_set_baud(&port->base, o->bridge->rate_baud, &actual, NULL);
}

/* Behind a bridge that stays, hands and ports take turns. */
static struct sim_transport *before(struct opened *o)
{
	if (o->bridge) {
		struct hand_unit *now;

		pthread_mutex_lock(&o->bridge->nests->lock);
		now = o->bridge->board ? o->bridge->board : o->bridge;
		if (now != o->unit)
			wire(o, now);
	}
	catch_up(&o->unit->port, o->unit->time);
	return &o->unit->port;
}

static enum status after(struct opened *o, enum status st)
{
	catch_up(o->unit->time, &o->unit->port);
	if (o->bridge)
		pthread_mutex_unlock(&o->bridge->nests->lock);
	return st;
}

static enum status nest_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			     struct deadline d, struct err *err)
{
	struct opened *o = (struct opened *)t;

	*got = 0;
	TRY(check(o, err));
	return after(o, transport_read(&before(o)->base, buf, size, got, d, err));
}

static void give_way(struct hand_unit *u)
{
	struct hand_unit *bridge = u->nests->in[u->nest];
	unsigned nest = (unsigned)u->nest;

	if (bridge->is_bridge) {
		lift(bridge);
		if (u->next)
			seat(bridge, u->next);
		return;
	}
	take_out(u->nests, nest);
	if (u->next)
		put_in(u->nests, nest, u->next);
}

/* Under the lock: a board may be looked at meanwhile. */
static uint64_t programmed_now(const struct hand_unit *u)
{
	struct sim_counters c;

	sim_unit_counters(u->port.unit, &c);
	return c.bytes_programmed;
}

/* Hands that are quicker than the flasher. */
static void leave_if_due(struct hand_unit *u)
{
	struct nests *n = u->nests;

	pthread_mutex_lock(&n->lock);
	if (u->nest >= 0 &&
	    (u->leaves_when_asked || (u->leaves_when_written && programmed_now(u) > u->written))) {
		u->leaves_when_asked = u->leaves_when_written = false;
		if (u->next)
			u->next->time = &u->port;
		give_way(u);
	}
	pthread_mutex_unlock(&n->lock);
}

static enum status nest_write(struct transport *t, const uint8_t *buf, size_t size,
			      struct deadline d, struct err *err)
{
	struct opened *o = (struct opened *)t;

	leave_if_due(o->unit);
	TRY(check(o, err));
	return after(o, transport_write(&before(o)->base, buf, size, d, err));
}

static enum status nest_set_baud(struct transport *t, uint32_t rate, uint32_t *actual,
				 struct err *err)
{
	struct opened *o = (struct opened *)t;

	TRY(check(o, err));
	if (o->bridge)
		o->bridge->rate_baud = rate;
	return after(o, transport_set_baud(&before(o)->base, rate, actual, err));
}

static enum status nest_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	struct opened *o = (struct opened *)t;

	TRY(check(o, err));
	if (o->bridge) {
		o->bridge->dtr = dtr;
		o->bridge->rts = rts;
	}
	return after(o, transport_set_lines(&before(o)->base, dtr, rts, err));
}

static enum status nest_discard(struct transport *t, struct err *err)
{
	struct opened *o = (struct opened *)t;

	TRY(check(o, err));
	return after(o, transport_discard(&before(o)->base, err));
}

static void nest_close(struct transport *t)
{
	struct opened *o = (struct opened *)t;

	transport_close(&before(o)->base);
	after(o, STATUS_OK);
	free(o);
}

static const struct transport_ops ops = {
	.read = nest_read,
	.write = nest_write,
	.set_baud = nest_set_baud,
	.set_lines = nest_set_lines,
	.discard = nest_discard,
	.close = nest_close,
};

/* "/dev/ttyUSB2" is nest 2, "/dev/ttyACM2" as well. */
static struct hand_unit *unit_at(struct nests *n, const char *node)
{
	unsigned nest;

	if (sscanf(node, "/dev/ttyUSB%u", &nest) != 1 && sscanf(node, "/dev/ttyACM%u", &nest) != 1)
		return NULL;
	return nest < NESTS ? n->in[nest] : NULL;
}

enum status nests_open(const char *node, const atomic_bool *cancel, struct transport **out,
		       struct err *err)
{
	struct opened *o = calloc(1, sizeof(*o));
	const struct clock *clock = NULL;
	struct hand_unit *u;

	*out = NULL;
	if (!o)
		return err_set(err, STATUS_NO_MEMORY, "no memory");
	pthread_mutex_lock(&present->lock);
	u = unit_at(present, node);
	if (u && u->leaves_when_opened) {
		u->leaves_when_opened = false;
		give_way(u);
		u = unit_at(present, node);
	}
	if (u && u->is_held) {
		pthread_mutex_unlock(&present->lock);
		free(o);
		return err_set(err, STATUS_PORT_BUSY, "%s: another program has it", node);
	}
	if (u) {
		u->opens++;
		o->plug = u->plug;
		clock = u->is_waited_for ? plug_clock(u) : &u->time->clock;
	} else {
		present->opens_elsewhere++;
	}
	pthread_mutex_unlock(&present->lock);
	if (!u) {
		free(o);
		return err_set(err, STATUS_PORT_GONE, "%s: nobody is there", node);
	}
	o->unit = u;
	if (u->is_bridge) {
		o->bridge = u;
		u->dtr = u->rts = true;
		pthread_mutex_lock(&present->lock);
		wire(o, u->board ? u->board : u);
		pthread_mutex_unlock(&present->lock);
	} else {
		sim_transport_reopen(&u->port);
	}
	o->t = (struct transport){ .ops = &ops, .clock = clock, .cancel = cancel };
	*out = &o->t;
	return STATUS_OK;
}

/* ---- nests ---- */

const char *nests_place(unsigned nest)
{
	static const char *const places[NESTS] = {
		"pci-0000:00:14.0/1:1.0",
		"pci-0000:00:14.0/2:1.0",
		"pci-0000:00:14.0/3:1.0",
		"pci-0000:00:14.0/4:1.0",
	};

	return places[nest];
}

static void plug_tree(struct nests *n, unsigned port, const char *tty, const struct hand_unit *u)
{
	char device[100], interface[20], path[200], number[12];
	const bool is_native = u && u->is_native, runs_uiflow = u && u->runs_uiflow;
	const struct tree_usb usb = {
		.device = device,
		.interface = interface,
		.tty = tty,
		.vid = is_native ? "303a" : "10c4",
		.pid = runs_uiflow ? "8120"
		       : is_native ? "1001"
				   : "ea60",
		.manufacturer = is_native ? "Espressif" : "Silicon Labs",
		.product = is_native ? "USB JTAG/serial debug unit"
				     : "CP2104 USB to UART Bridge Controller",
		.serial = runs_uiflow ? "UiFlow2"
			  : u         ? u->usb_serial
				      : "0",
		.release = "0100",
		.driver = is_native ? "cdc_acm" : "cp210x",
	};

	snprintf(device, sizeof(device), "devices/pci0000:00/0000:00:14.0/usb1/1-%u", port);
	snprintf(interface, sizeof(interface), "1-%u:1.0", port);
	snprintf(path, sizeof(path), "%s/busnum", device);
	tree_file(&n->tree, path, "1\n");
	snprintf(path, sizeof(path), "%s/devnum", device);
	snprintf(number, sizeof(number), "%u\n", n->next_device++);
	tree_file(&n->tree, path, number);
	tree_plug(&n->tree, &usb); /* its link comes last */
}

static void tty_name(unsigned nest, const struct hand_unit *u, char name[static 16])
{
	snprintf(name, 16, "tty%s%u", u->is_native ? "ACM" : "USB", nest);
}

static void put_in(struct nests *n, unsigned nest, struct hand_unit *u)
{
	char name[16];

	n->in[nest] = u;
	u->nest = (int)nest;
	u->plug++;
	tty_name(nest, u, name);
	plug_tree(n, nest + 1, name, u);
}

static void take_out(struct nests *n, unsigned nest)
{
	struct hand_unit *u = n->in[nest];
	char name[16], path[100];

	tty_name(nest, u, name);
	snprintf(path, sizeof(path), "class/tty/%s", name);
	tree_remove(&n->tree, path);
	snprintf(path, sizeof(path), "devices/pci0000:00/0000:00:14.0/usb1/1-%u", nest + 1);
	tree_remove(&n->tree, path);
	u->nest = -1;
	if (u->is_waited_for)
		u->clocks[u->plug % PLUGS_MAX].stands_at_us = u->port.now_us;
	n->in[nest] = NULL;
}

void nests_plug(struct nests *n, unsigned nest, struct hand_unit *u)
{
	pthread_mutex_lock(&n->lock);
	put_in(n, nest, u);
	pthread_mutex_unlock(&n->lock);
}

void nests_unplug(struct nests *n, unsigned nest)
{
	pthread_mutex_lock(&n->lock);
	take_out(n, nest);
	pthread_mutex_unlock(&n->lock);
}

static void seat(struct hand_unit *bridge, struct hand_unit *u)
{
	bridge->board = u;
	u->nest = bridge->nest;
}

static void lift(struct hand_unit *bridge)
{
	bridge->board->nest = -1;
	bridge->board = NULL;
}

struct hand_unit *nests_bridge(struct nests *n, unsigned nest)
{
	struct hand_unit *u = nests_deaf_unit(n, "esp32", (uint8_t)(0xf0 + nest));

	u->is_bridge = true;
	nests_plug(n, nest, u);
	return u;
}

void nests_seat(struct nests *n, unsigned nest, struct hand_unit *u)
{
	pthread_mutex_lock(&n->lock);
	seat(n->in[nest], u);
	pthread_mutex_unlock(&n->lock);
}

void nests_lift(struct nests *n, unsigned nest)
{
	pthread_mutex_lock(&n->lock);
	lift(n->in[nest]);
	pthread_mutex_unlock(&n->lock);
}

void nests_plug_stranger(struct nests *n)
{
	plug_tree(n, 9, "ttyUSB9", NULL);
}

/* ---- units ---- */

struct hand_unit *nests_unit_with(struct nests *n, const char *chip, uint8_t mac_end,
				  const struct sim_fault *fault)
{
	struct hand_unit *u = &n->units[n->unit_count++];
	struct sim_unit_config config = {
		.name = "unit",
		.chip = chip,
		.mac = { 0x24, 0x0a, 0xc4, 0x00, 0x01, mac_end },
		.flash_bytes = 0x400000,
		.seed = mac_end,
		.bridge = "cp2104",
		.revision = 300,
	};
	char error[200];

	if (strcmp(chip, "esp32") != 0)
		config.revision = 100;
	config.secure_download = !fault;
	if (fault && fault != &no_fault)
		config.faults[config.fault_count++] = *fault;
	u->nests = n;
	u->time = &u->port;
	u->nest = -1;
	u->is_native = strcmp(chip, "esp32s3") == 0;
	if (u->is_native) {
		config.bridge = "usb-jtag";
		config.revision = 2;
	}
	snprintf(u->usb_serial, sizeof(u->usb_serial), "24:0A:C4:00:01:%02X", mac_end);
	if (!sim_transport_init(&u->port, &config, error, sizeof(error)))
		fail_msg("%s", error);
	transport_close(&u->port.base);
	return u;
}

struct hand_unit *nests_unit(struct nests *n, const char *chip, uint8_t mac_end)
{
	return nests_unit_with(n, chip, mac_end, &no_fault);
}

struct hand_unit *nests_deaf_unit(struct nests *n, const char *chip, uint8_t mac_end)
{
	const struct sim_fault no_power = { .kind = SIM_FAULT_DEAD };

	return nests_unit_with(n, chip, mac_end, &no_power);
}

bool nests_is_out(struct hand_unit *u)
{
	bool is_out;

	pthread_mutex_lock(&u->nests->lock);
	is_out = u->nest < 0;
	pthread_mutex_unlock(&u->nests->lock);
	return is_out;
}

unsigned nests_opens(struct hand_unit *u)
{
	unsigned opens;

	pthread_mutex_lock(&u->nests->lock);
	opens = u->opens;
	pthread_mutex_unlock(&u->nests->lock);
	return opens;
}

uint64_t nests_programmed(struct hand_unit *u)
{
	uint64_t programmed;

	pthread_mutex_lock(&u->nests->lock);
	programmed = programmed_now(u);
	pthread_mutex_unlock(&u->nests->lock);
	return programmed;
}

void nests_set_up(struct nests *n)
{
	struct tree *t;

	memset(n, 0, sizeof(*n));
	if (tree_set_up((void **)&t))
		fail_msg("no tree");
	n->tree = *t;
	free(t);
	n->next_device = 5;
	pthread_mutex_init(&n->lock, NULL);
	present = n;
}

void nests_tear_down(struct nests *n)
{
	struct tree *t = malloc(sizeof(*t));
	void *holder = t;

	for (size_t i = 0; i < n->unit_count; i++)
		sim_transport_release(&n->units[i].port);
	pthread_mutex_destroy(&n->lock);
	*t = n->tree;
	tree_tear_down(&holder);
	present = NULL;
}
