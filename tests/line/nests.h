/*
 * Nests and units in the hand: a made-up sysfs that a line looks at, and simulated units behind its
 * ports, each on a clock of its own, so that a run takes no longer than the computing in it.
 *
 * The test plugs and unplugs on the line's own thread, from within its view; a unit can also leave
 * by itself, or be swapped, at a write of its run.
 *
 * A nest can have a bridge of its own, which stays: then units are boards that are seated on it and
 * lifted, and whoever has the port open notices nothing but what the board says.
 */
#ifndef TESTS_LINE_NESTS_H
#define TESTS_LINE_NESTS_H

#include "tests/sim/sim_transport.h"
#include "tests/station/tree.h"

#include <pthread.h>

#define NESTS 4
#define HAND_UNITS 12

struct nests;

#define PLUGS_MAX 8

/* The unit's clock, as whoever opened its port at this plug sees it. */
struct plug_clock {
	struct hand_unit *unit;
	unsigned plug;
	uint64_t stands_at_us; /* the time when it was taken out; 0: it was not */
	struct clock clock;
};

struct hand_unit {
	struct nests *nests;
	struct sim_transport port;
	struct sim_transport *time; /* whose clock counts: its own, or that of whom it replaced */
	bool is_native;             /* the chip's own USB */
	bool runs_uiflow;           /* which shows itself there, the same on all units */
	char usb_serial[20];        /* its MAC */
	unsigned opens;             /* under nests.lock, as all below */
	int nest;                   /* -1: in the hand */
	unsigned plug;              /* a port that was opened before this plug is gone */
	/* The unit leaves at the next open of its port, at the next byte, or as soon as more than
	 * `written` bytes of its flash are; `next`, if there is one, takes its place. */
	bool leaves_when_opened, leaves_when_asked, leaves_when_written;
	uint64_t written;
	struct hand_unit *next;
	/* Of a nest's own bridge, which is a unit without power: the board on it; NULL none. */
	bool is_bridge;
	bool is_held; /* by another program: it cannot be opened */
	struct hand_unit *board;
	bool dtr, rts; /* of its port, and the rate */
	uint32_t rate_baud;
	/* Whoever waits for it to come back waits really, and for ever: its time stands still. */
	bool is_waited_for;
	struct plug_clock clocks[PLUGS_MAX];
};

struct nests {
	struct tree tree;
	pthread_mutex_t lock;
	struct hand_unit units[HAND_UNITS];
	size_t unit_count;
	struct hand_unit *in[NESTS];
	unsigned next_device;
	unsigned opens_elsewhere; /* of nodes that no nest has */
};

/* One at a time: the line's open_port has no context. */
void nests_set_up(struct nests *n);
void nests_tear_down(struct nests *n);

/* A unit with this last byte of its MAC, in the hand. */
struct hand_unit *nests_unit(struct nests *n, const char *chip, uint8_t mac_end);
/* The same, broken; or one that hides what it is: fault NULL. */
struct hand_unit *nests_unit_with(struct nests *n, const char *chip, uint8_t mac_end,
				  const struct sim_fault *fault);
/* One that never answers. */
struct hand_unit *nests_deaf_unit(struct nests *n, const char *chip, uint8_t mac_end);
void nests_plug(struct nests *n, unsigned nest, struct hand_unit *u);
void nests_unplug(struct nests *n, unsigned nest);
/* The nest has a bridge of its own from now on. */
struct hand_unit *nests_bridge(struct nests *n, unsigned nest);
void nests_seat(struct nests *n, unsigned nest, struct hand_unit *u);
void nests_lift(struct nests *n, unsigned nest);
/* "pci-0000:00:14.0/1:1.0" of nest 0, and so on. */
const char *nests_place(unsigned nest);
/* A port that is no nest: "/dev/ttyUSB9". */
void nests_plug_stranger(struct nests *n);

/* station_setup.open_port */
enum status nests_open(const char *node, const atomic_bool *cancel, struct transport **out,
		       struct err *err);

/* Is it in the hand? */
bool nests_is_out(struct hand_unit *u);
/* How often its port was opened, and how many bytes of its flash were programmed. */
unsigned nests_opens(struct hand_unit *u);
uint64_t nests_programmed(struct hand_unit *u);

#endif
