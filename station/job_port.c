/* The port of a job: opened, followed, and its power switched. All on the worker's thread. */
#include "station/job_inside.h"

#include "station/line/arrivals.h"
#include "station/reopen.h"

#include <string.h>

/* A port that has just come is refused for a moment now and then, by the driver itself. */
#define OPEN_TRIES 3
#define OPEN_PAUSE_MS 300

/* A unit that finds nothing to start is away for some 250 ms of every second. */
#define BACK_MS 1500
#define LOOK_MS 20

/* Our choice: how long the capacitors of a unit hold it up has not been measured. */
#define POWER_OFF_MS 1000

static void shorten_latency(struct job *job, const char *name)
{
	char line[120];

	latency_shorten(&job->latency, job->order->sysfs_tty, name, line, sizeof(line));
	if (line[0])
		job_note(job, line);
}

/* Is it worth asking again for a port that did not open? */
static bool may_open_later(struct job *job, unsigned tries, struct deadline busy)
{
	switch (job->report.status) {
	case STATUS_PORT_OPEN_FAILED:
		return tries < OPEN_TRIES;
	case STATUS_PORT_GONE: /* a chip's own USB may come back */
		return job->nest && job->bridge->is_native_usb && tries < OPEN_TRIES;
	case STATUS_PORT_BUSY: /* some programs look into each port that comes, and go on */
		return !deadline_passed(busy);
	default:
		return false;
	}
}

/*
 * In a line the next unit may have taken its place, and another slot's unit the name of its port.
 * A port keeps its name as long as it is there: whoever has it after the open had it then.
 */
static bool has_gone(const struct job *job, const struct port *here)
{
	return job->nest && job->order->sysfs_tty && !arrival_has_port(job->order->sysfs_tty, here);
}

/*
 * The port of a blank unit on the chip's own USB goes by itself and comes back: the same MAC on USB
 * is the same unit. here: the port as it is now.
 */
static bool is_back(struct job *job, struct port *here)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, BACK_MS);
	uint8_t own[MAC_BYTES], mac[MAC_BYTES];
	struct port found;

	if (!job->bridge->is_native_usb || !bridge_port_mac(&job->port, own))
		return false;
	while (!ports_find_at(job->order->sysfs_tty, job->port.slot, &found)) {
		if (deadline_passed(d) || atomic_load(&job->cancel))
			return false;
		clock_sleep_ms(&clock_monotonic, LOOK_MS);
	}
	if (!bridge_port_mac(&found, mac) || memcmp(mac, own, MAC_BYTES) != 0)
		return false;
	*here = found;
	pthread_mutex_lock(&job->lock);
	job->usb_bus = found.usb_bus;
	job->usb_device = found.usb_device;
	job->usb_plug = found.usb_plug;
	pthread_mutex_unlock(&job->lock);
	if (job->order->claims)
		claims_stays(job->order->claims, job->slot, &job->cancel, &found, NULL);
	return true;
}

static bool has_left(struct job *job, struct port *here)
{
	return has_gone(job, here) && !is_back(job, here);
}

static enum status gone(struct job *job)
{
	struct flash_report *report = &job->report;

	report->status =
		err_set(&report->err, STATUS_PORT_GONE,
			"%s: the unit was taken out before its port was open", job->port.slot);
	return report->status;
}

enum status job_open_port(struct job *job)
{
	struct flash_report *report = &job->report;
	struct deadline busy = deadline_after_us(&clock_monotonic, job->order->busy_us);
	struct port here = job->port; /* the record keeps the node that the run began with */

	for (unsigned tries = 1;; tries++) {
		if (has_left(job, &here))
			return gone(job);
		report->status = job->order->open_port(here.node, &job->cancel, &job->transport,
						       &report->err);
		if (!report->status)
			break;
		if (tries == 1 || report->status != STATUS_PORT_BUSY)
			job_note(job, report->err.text);
		if (atomic_load(&job->cancel) || !may_open_later(job, tries, busy))
			return report->status;
		clock_sleep_ms(&clock_monotonic, OPEN_PAUSE_MS);
		err_clear(&report->err);
	}
	if (has_left(job, &here))
		return gone(job);
	if (job->order->sysfs_tty)
		shorten_latency(job, here.name);
	return STATUS_OK;
}

static void set_waiting(struct job *job, bool is_waiting)
{
	pthread_mutex_lock(&job->lock);
	job->progress.is_waiting = is_waiting;
	pthread_mutex_unlock(&job->lock);
}

static void on_waiting(void *ctx)
{
	struct job *job = ctx;
	const struct fact fact = { .kind = FACT_PORT_LEFT, .slot = job->slot, .job = job };

	set_waiting(job, true);
	job_note(job, "the port is gone: waiting for it");
	queue_push(job->order->facts, &fact, true);
}

/*
 * What a line began for one unit - a retest, a scanned number, the bridge in its record - is not
 * the next one's, and until the MAC is known no answer tells them apart. A bridge does not go away
 * when its unit restarts; a chip's own USB does, and mostly has a serial number of its own.
 */
static bool may_be_another(void *ctx, const struct port *found)
{
	const struct job *job = ctx;
	const struct port *was = &job->port;

	if (!job->nest || job->ident.has_mac ||
	    (found->usb_bus == job->usb_bus && found->usb_device == job->usb_device &&
	     found->usb_plug == job->usb_plug))
		return false;
	if (found->vid == was->vid && found->pid == was->pid && found->serial[0] &&
	    was->serial[0] && strcmp(found->serial, was->serial) != 0)
		return true;
	return !job->bridge->is_native_usb && !job->is_switching;
}

/*
 * The chip's own USB tells its MAC without being asked: behind the restart for the boot check
 * nobody asks, and what another unit says there is no word of this one. An application shows what
 * it likes.
 */
static enum status judge_mac(const struct job *job, const struct port *found, struct err *err)
{
	const struct bridge *bridge = bridge_of_port(found);
	char was[MAC_TEXT_BYTES], is[MAC_TEXT_BYTES];
	uint8_t mac[MAC_BYTES];

	if (!job->ident.has_mac || !bridge || !bridge->is_native_usb || bridge->is_application ||
	    !bridge_port_mac(found, mac) || memcmp(mac, job->ident.mac, MAC_BYTES) == 0)
		return STATUS_OK;
	mac_text(job->ident.mac, was);
	mac_text(mac, is);
	return err_set(err, STATUS_UNIT_CHANGED, "the unit was %s, and %s has come in its place",
		       was, is);
}

/* Its unit may be in another slot by now: then nothing is opened here, whoever has come. */
static enum status judge_wait(void *ctx, const struct port *found, struct err *err)
{
	struct job *job = ctx;
	char where[sizeof(job->port.slot)];

	if (found)
		TRY(judge_mac(job, found, err));
	if (!job->order->claims ||
	    claims_stays(job->order->claims, job->slot, &job->cancel, found, where))
		return STATUS_OK;
	return err_set(err, STATUS_PORT_GONE, "%s: the unit was taken out, and is in %s now",
		       job->port.slot, where);
}

/* The record keeps the node that the run began with. */
enum status job_reopen(void *ctx, struct transport **transport, struct deadline d, struct err *err)
{
	struct job *job = ctx;
	const struct reopen place = {
		.sysfs_tty = job->order->sysfs_tty,
		.port = &job->port,
		.bridge = job->bridge,
		.cancel = &job->cancel,
		.waiting = on_waiting,
		.may_wait = judge_wait,
		.is_stranger = may_be_another,
		.ctx = job,
		.open_port = job->order->open_port,
	};
	const struct bridge *bridge;
	struct port found;
	enum status st;

	st = reopen_port(&place, transport, &found, &bridge, d, err);
	set_waiting(job, false);
	job->transport = *transport;
	if (st) {
		job_note(job, err->text);
		return st;
	}
	job_say(job, "the port came back as %s, %04x:%04x %s", found.node, found.vid, found.pid,
		bridge->name);
	pthread_mutex_lock(&job->lock);
	job->usb_bus = found.usb_bus;
	job->usb_device = found.usb_device;
	job->usb_plug = found.usb_plug;
	pthread_mutex_unlock(&job->lock);
	shorten_latency(job, found.name);
	/* An application's port can come back as the loader in ROM, which takes less at once. */
	job->link.is_usb_otg = bridge->is_usb_otg;
	if (bridge->ram_block_bytes < job->link.ram_block_bytes)
		job->link.ram_block_bytes = bridge->ram_block_bytes;
	return STATUS_OK;
}

enum status job_power_cycle(void *ctx, struct transport **transport, struct deadline d,
			    struct err *err)
{
	struct job *job = ctx;
	enum status st;

	transport_close(*transport);
	*transport = NULL;
	job->transport = NULL;
	job_say(job, "the hub's port is switched off for %u ms: %s", POWER_OFF_MS, job->power.path);
	st = power_cycle(&job->power, d.clock, POWER_OFF_MS, &job->cancel, err);
	if (st && st != STATUS_NOT_SUPPORTED) {
		job_note(job, err->text);
		return st;
	}
	/* What refused to be switched off is still there, and wants its port back. */
	job_say(job, "%s", st ? err->text : "the hub's port is switched on again");
	job->is_switching = true;
	st = job_reopen(ctx, transport, d, err);
	job->is_switching = false;
	return st;
}

void job_find_power_switch(struct job *job)
{
	char why_not[POWER_NOTE_BYTES];

	job->has_power_switch = power_find(&job->power, job->order->sysfs_tty, &job->port, why_not);
	if (why_not[0])
		job_note(job, why_not);
}
