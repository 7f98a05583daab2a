/*
 * A transport over a simulated unit, on a clock that only this test owns.
 *
 * Nothing sleeps: whoever waits moves the clock straight to the next thing that
 * happens inside the unit, or to the end of the wait. A run is therefore the
 * same every time, bit for bit, and takes no longer than the computing in it.
 */
#ifndef TESTS_SIM_SIM_TRANSPORT_H
#define TESTS_SIM_SIM_TRANSPORT_H

#include "engine/transport.h"
#include "fixtures/sim_unit.h"

struct sim_transport {
	struct transport base; /* hand &st->base to the engine */
	struct clock clock;    /* virtual; base.clock points here */
	uint64_t now_us;
	struct sim_unit *unit;
	bool is_open;
	unsigned port_generation; /* of the port that was opened */
	/* Cancels by itself once the clock reaches this; SIM_NEVER: never. */
	uint64_t cancel_at_us;
	atomic_bool cancel;
};

/*
 * Plug in a unit made from config and open its port at time 0; the clock starts
 * when the unit's own start is over, so that its application or its complaint
 * about an empty flash is already running. false, with one line in error, when
 * the config makes no sense.
 */
bool sim_transport_init(struct sim_transport *st, const struct sim_unit_config *config, char *error,
			size_t error_size);
/* Closes the port if transport_close has not, and throws the unit away. */
void sim_transport_release(struct sim_transport *st);
/* Open the port again after transport_close. */
void sim_transport_reopen(struct sim_transport *st);
/* After PORT_GONE: wait for the unit's next port and open that. false: none until then. */
bool sim_transport_follow(struct sim_transport *st, uint64_t until_us);
/* Let virtual time pass. */
void sim_transport_wait_ms(struct sim_transport *st, uint32_t ms);

#endif
