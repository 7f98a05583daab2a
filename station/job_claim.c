/* Whose MAC it is: a twin in another slot, or a unit that was pulled out of that slot. */
#include "station/job_inside.h"

#include "station/line/arrivals.h"

/* Between two looks at a run that is about to end. */
#define LOOK_MS 10

static bool is_there(const struct job *job, const struct port *port)
{
	struct port now;

	return ports_find_at(job->order->sysfs_tty, port->slot, &now) &&
	       arrival_is_same_plug(&now, port);
}

/* A system that shows its own port neither does not answer the question. */
static bool has_left(struct job *job, const struct port *port)
{
	struct port own = job->port;

	job_usb(job, &own); /* it may have restarted since */
	return port->is_usb && !is_there(job, port) && is_there(job, &own);
}

/*
 * Does another run of this line still wait for a unit that has left? A port that is gone carries
 * nothing to any chip, and that run opens none again without asking: so there is one writer. In
 * doubt the other one counts as there, and both are refused.
 */
static bool take_over(struct job *job, const uint8_t *mac, struct claim_holder *holder)
{
	struct claims *claims = job->order->claims;
	bool is_taken_over = false;

	/* Again, when that run has found another port meanwhile. */
	while (claims_find(claims, job->slot, mac, holder)) {
		if (!has_left(job, &holder->port))
			return false;
		claims_take_over(claims, job->slot, holder);
		is_taken_over = true;
	}
	return is_taken_over;
}

/* What its record says, and the serial number and the place in the batch that it had, come first.
 */
static enum status wait_for_end(struct job *job, const struct claim_holder *holder, struct err *err)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, JOB_CLAIM_WAIT_MS);

	job_say(job, "the unit was pulled out of %s: its run there ends first", holder->port.slot);
	while (!claims_has_ended(job->order->claims, holder)) {
		if (atomic_load(&job->cancel))
			return err_set(err, STATUS_CANCELLED,
				       "stopped while its run in %s was ending", holder->port.slot);
		if (deadline_passed(d))
			return err_set(err, STATUS_DUPLICATE_MAC,
				       "it was pulled out of %s, and its run there does not end: "
				       "take it out, and put it in again",
				       holder->port.slot);
		clock_sleep_ms(&clock_monotonic, LOOK_MS);
	}
	return STATUS_OK;
}

enum status job_claim_mac(struct job *job, const struct ident *ident, struct err *err)
{
	const struct job_order *order = job->order;
	struct claim_holder holder;
	char mac[MAC_TEXT_BYTES];
	bool is_taken_over;
	unsigned other;

	if (!order->claims || !ident->has_mac)
		return STATUS_OK;
	is_taken_over = job->nest && order->sysfs_tty && take_over(job, ident->mac, &holder);
	if (!claims_take(order->claims, job->slot, ident->mac, &job->cancel, &other)) {
		mac_text(ident->mac, mac);
		return err_set(err, STATUS_DUPLICATE_MAC, "MAC %s is also in slot %s", mac,
			       order->slot_names[other]);
	}
	return is_taken_over ? wait_for_end(job, &holder, err) : STATUS_OK;
}
