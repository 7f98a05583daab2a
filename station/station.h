/*
 * The loop that owns the slots of one session: it hands jobs to workers, takes
 * their facts, has results stored, and tells a view. The places are chosen ports, each of them
 * once; or the slots of a line, which are filled and emptied all day.
 *
 * One worker blocks per busy slot; the loop itself never waits for any of them. A
 * worker that outlives its limit is given up on: its slot gets PORT_WEDGED, a
 * fresh thread takes its place, and what it says later is ignored. SIGINT, SIGTERM
 * and SIGHUP stop the session: nothing new is started, every run is cancelled and
 * recorded, and the loop ends within seconds.
 */
#ifndef STATION_STATION_H
#define STATION_STATION_H

#include "db/writer.h"
#include "recipes/plan.h"
#include "station/bridge.h"
#include "station/exit_code.h"
#include "station/plant_line.h"
#include "station/ports.h"
#include "station/snapshot.h"

struct guards;
struct serial_numbers;
struct line_setup;
struct session;

struct station_place { /* a chosen port and how to talk through it; both lent */
	const struct port *port;
	const struct bridge *bridge;
	bool has_start; /* the next run begins with a remembered way: station/memory.h */
	struct flash_way start;
};

/* How long the loop waits for those that may be stuck. A test has shorter ones. */
struct station_limits {
	uint64_t open_us;       /* for a port to open */
	uint64_t busy_us;       /* of that, for another program to let go of it */
	uint64_t verdict_us;    /* for a verdict, once the run's own limit has passed */
	uint64_t stop_us;       /* the same, once the session was stopped */
	uint64_t stop_again_us; /* and once that was said twice */
	uint64_t close_us;      /* for a port to close, before its thread is replaced */
	uint64_t store_us;      /* for the database, once the session was stopped */
	uint64_t plant_us;      /* at the end, for the plant to have the last results */
};
/* Those of a real bench. */
extern const struct station_limits station_limits_usual;

struct station_setup {
	enum flash_kind kind;
	const struct plan *plan;             /* NULL: identify */
	struct writer *writer;               /* NULL: identify */
	const struct product_list *products; /* identify: to compare units with; may be NULL */
	const char *db_path;                 /* of the writer, for the views */
	const char *operator_name, *batch, *reason;
	const char *serial;             /* of the one unit; NULL unknown */
	struct guards *guards;          /* NULL: nothing is refused for the factory's rules */
	struct serial_numbers *numbers; /* NULL: the recipe gives none */
	const struct plant_line *plant; /* NULL: no server was named */
	const struct station_place *places;
	size_t place_count; /* 1 or more; of a line 0 */
	unsigned jobs;      /* 1 .. place_count */
	/* NULL: each place once. Else what stands on the line all day, station/line/line.h; then
	 * plan, operator_name, batch and guards are not used. */
	const struct line_setup *line;
	struct view view;
	int signal_fd; /* stop_signals_open() */
	const struct station_limits *limits;
	const char *sysfs_tty; /* PORTS_SYSFS; NULL: ports are not followed */
	/* transport_serial_open; a test has units of its own. */
	enum status (*open_port)(const char *node, const atomic_bool *cancel,
				 struct transport **out, struct err *err);
};

/*
 * From now on SIGINT, SIGTERM and SIGHUP end the program at once as interrupted: for
 * the time in which nothing is at work yet and nothing is written.
 */
void stop_signals_end_program(void);

/*
 * Hold back SIGINT, SIGTERM and SIGHUP in this thread and in those that it starts
 * from now on, and make them readable. -1 when the system has no descriptor left.
 */
int stop_signals_open(void);
/* Forget those that came, and let them act again as before. -1 is fine. */
void stop_signals_close(int fd);

/*
 * Runs until every slot is done or the session was stopped.
 *
 * *stuck: NULL, or a session of which a worker is still stuck in a system call, or the
 * writer in a commit; then all that setup points to must stay, until station_reap() says otherwise
 * or the process ends. STATUS_NO_MEMORY: nothing was started.
 */
enum status station_run(const struct station_setup *setup, enum exit_code *exit_code,
			struct session **stuck, struct err *err);

/* Wait up to wait_ms for the stuck ones. true: they came back, and the session is gone.
 * NULL is fine, and true. */
bool station_reap(struct session *stuck, uint32_t wait_ms);

#endif
