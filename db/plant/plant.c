#include "db/plant/plant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FLASHLINE_LIBPQ

#include <libpq-fe.h>
#include <poll.h>

/* How often whoever waits is asked whether it should go on. */
#define SLICE_MS 100
#define PARAMS_MAX 16
#define OPTIONS_MAX 80 /* libpq 15 knows 40 of them */

struct plant {
	PGconn *conn;
	struct plant_patience patience;
	char where[300];
};

/* ---- waiting ---- */

static bool has_patience(const struct plant *plant)
{
	return !plant->patience.has_ended || !plant->patience.has_ended(plant->patience.ctx);
}

/* Until the server can be read (or written), d passes or patience ends. */
static enum status wait_for(struct plant *plant, short events, const char *doing, struct deadline d,
			    struct err *err)
{
	struct pollfd fd = { .fd = PQsocket(plant->conn), .events = events };

	for (;;) {
		uint64_t left_ms = deadline_left_us(d) / 1000;

		if (!has_patience(plant))
			return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: given up while %s",
				       plant->where, doing);
		int ready = poll(&fd, 1, left_ms < SLICE_MS ? (int)left_ms : SLICE_MS);
		if (ready > 0)
			return STATUS_OK;
		if (ready < 0 && errno != EINTR)
			return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: %s", plant->where,
				       strerror(errno));
		if (deadline_passed(d))
			return err_set(err, STATUS_PLANT_UNREACHABLE,
				       "plant %s: no answer in time while %s", plant->where, doing);
	}
}

/* ---- words ---- */

/* libpq's messages end with a newline and may have several lines: ours is one. */
static void one_line(const char *message, char *text, size_t size)
{
	size_t length;

	snprintf(text, size, "%s", message ? message : "");
	length = strlen(text);
	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n' || text[i] == '\t')
			text[i] = ' ';
}

/* What a connection that does not come about means; libpq and the server say no code. */
/* clang-format off */
static const struct {
	const char *part, *text;
} connect_advices[] = {
	{ "password authentication failed", "check the user and its line in ~/.pgpass" },
	{ "no password supplied", "the login needs a line in ~/.pgpass" },
	{ "could not translate host name", "check the server's name, or give its address" },
};
/* clang-format on */

static enum status cannot_connect(struct plant *plant, struct err *err)
{
	char text[350];

	one_line(PQerrorMessage(plant->conn), text, sizeof(text));
	for (size_t i = 0; i < sizeof(connect_advices) / sizeof(connect_advices[0]); i++)
		if (strstr(text, connect_advices[i].part))
			return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: %s (%s)",
				       plant->where, connect_advices[i].text, text);
	return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: %s", plant->where, text);
}

static enum status lost(struct plant *plant, struct err *err)
{
	char text[350];

	one_line(PQerrorMessage(plant->conn), text, sizeof(text));
	return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: %s", plant->where,
		       text[0] ? text : "the connection was lost");
}

/* What an SQLSTATE means to the person who has to deal with it. */
struct state_advice {
	const char *state; /* the beginning of it */
	const char *text;
};

/* clang-format off */
static const struct state_advice advices[] = {
	{ "42501", "the login has no right to it: GRANT flashline_station TO it, or ask the server's administrator" },
	{ "3F000", "there is no plant ledger in this database: make it with 'flashline ledger init-server'" },
	{ "42883", "the plant ledger is another version's: bring it up to date with 'flashline ledger init-server'" },
	{ "25006", "the server takes no records (read-only, a replica): name the primary" },
	{ "53100", "the server has no room left on its disk" },
};
/* clang-format on */

static enum status refused(struct plant *plant, const PGresult *result, struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	char text[300];

	one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), text, sizeof(text));
	/* The server goes down, or a limit of it struck: the same call may work later. */
	if (state && (strncmp(state, "57P", 3) == 0 || strcmp(state, "57014") == 0 ||
		      strcmp(state, "55P03") == 0 || strncmp(state, "08", 2) == 0))
		return err_set(err, STATUS_PLANT_UNREACHABLE, "plant %s: %s", plant->where, text);
	for (size_t i = 0; state && i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(state, advices[i].state) == 0)
			return err_set(err, STATUS_DATABASE, "plant %s: %s (%s)", plant->where,
				       advices[i].text, text);
	return err_set(err, STATUS_DATABASE, "plant %s: %s", plant->where,
		       text[0] ? text : "the server refused without a reason");
}

/* ---- connecting ---- */

/*
 * What we want unless the connection string says otherwise: it comes later in the list, and
 * libpq takes the last. A peer that is gone without a word is found after some 15 to 25 s. The
 * server's own limits are above all of ours: they end what we have given up, so that it does not
 * keep its locks.
 */
static const char *const defaults[][2] = {
	{ "application_name", "flashline" },
	{ "client_encoding", "UTF8" },
	{ "keepalives", "1" },
	{ "keepalives_idle", "10" },
	{ "keepalives_interval", "5" },
	{ "keepalives_count", "3" },
	{ "tcp_user_timeout", "15000" },
	{ "options", "-c statement_timeout=60s -c lock_timeout=40s -c tcp_keepalives_idle=30 "
		     "-c tcp_keepalives_interval=10 -c tcp_keepalives_count=3" },
};

/* libpq's own words would quote a piece of the string, perhaps the password. */
static enum status parse(const char *server, PQconninfoOption **options, struct err *err)
{
	*options = PQconninfoParse(server, NULL);
	if (*options)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "the plant's server is not given as a PostgreSQL connection string, such as "
		       "'host=ledger dbname=plant user=line1'");
}

enum status plant_check(const char *server, struct err *err)
{
	PQconninfoOption *options;

	TRY(parse(server, &options, err));
	PQconninfoFree(options);
	return STATUS_OK;
}

static enum status start(struct plant *plant, const char *server, struct err *err)
{
	const char *names[OPTIONS_MAX + 1], *values[OPTIONS_MAX + 1];
	PQconninfoOption *options;
	size_t count = 0;

	TRY(parse(server, &options, err));
	for (; count < sizeof(defaults) / sizeof(defaults[0]); count++) {
		names[count] = defaults[count][0];
		values[count] = defaults[count][1];
	}
	for (const PQconninfoOption *o = options; o->keyword && count < OPTIONS_MAX; o++) {
		if (!o->val)
			continue;
		names[count] = o->keyword;
		values[count++] = o->val;
	}
	names[count] = values[count] = NULL;
	plant->conn = PQconnectStartParams(names, values, 0);
	PQconninfoFree(options);
	if (!plant->conn)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the plant's connection");
	if (PQstatus(plant->conn) == CONNECTION_BAD)
		return cannot_connect(plant, err);
	return STATUS_OK;
}

static void note_where(struct plant *plant)
{
	const char *host = PQhost(plant->conn), *db = PQdb(plant->conn);

	snprintf(plant->where, sizeof(plant->where), "%s:%s/%s", host && host[0] ? host : "local",
		 PQport(plant->conn), db ? db : "");
}

/* Notices are for psql; our output is our own. */
static void ignore_notice(void *ctx, const PGresult *result)
{
	(void)ctx, (void)result;
}

static enum status finish_connecting(struct plant *plant, struct deadline d, struct err *err)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	note_where(plant);
	while (state != PGRES_POLLING_OK) {
		TRY(wait_for(plant, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, "connecting",
			     d, err));
		state = PQconnectPoll(plant->conn);
		if (state == PGRES_POLLING_FAILED)
			return cannot_connect(plant, err);
	}
	note_where(plant);
	PQsetNoticeReceiver(plant->conn, ignore_notice, NULL);
	return PQsetnonblocking(plant->conn, 1) ? lost(plant, err) : STATUS_OK;
}

enum status plant_open(const char *server, struct plant_patience patience, struct deadline d,
		       struct plant **out, struct err *err)
{
	struct plant *plant = calloc(1, sizeof(*plant));
	enum status st;

	*out = NULL;
	if (!plant)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the plant's connection");
	plant->patience = patience;
	snprintf(plant->where, sizeof(plant->where), "server");
	st = start(plant, server, err);
	if (!st)
		st = finish_connecting(plant, d, err);
	if (st) {
		plant_close(plant);
		return st;
	}
	*out = plant;
	return STATUS_OK;
}

void plant_close(struct plant *plant)
{
	if (!plant)
		return;
	PQfinish(plant->conn);
	free(plant);
}

const char *plant_where(const struct plant *plant)
{
	return plant->where;
}

/* ---- calls ---- */

static enum status send_all(struct plant *plant, struct deadline d, struct err *err)
{
	for (;;) {
		int left = PQflush(plant->conn);

		if (left == 0)
			return STATUS_OK;
		if (left < 0)
			return lost(plant, err);
		/* A server that answers before it has read all must be listened to. */
		TRY(wait_for(plant, POLLIN | POLLOUT, "sending", d, err));
		if (!PQconsumeInput(plant->conn))
			return lost(plant, err);
	}
}

/* The last result of what was sent (of several statements, the first that failed). */
static enum status receive(struct plant *plant, struct deadline d, PGresult **last, struct err *err)
{
	*last = NULL;
	for (;;) {
		while (PQisBusy(plant->conn)) {
			enum status st = wait_for(plant, POLLIN, "waiting", d, err);

			if (!st && !PQconsumeInput(plant->conn))
				st = lost(plant, err);
			if (st) {
				PQclear(*last);
				*last = NULL;
				return st;
			}
		}
		PGresult *result = PQgetResult(plant->conn);
		if (!result)
			break;
		PQclear(*last);
		*last = result;
	}
	if (PQstatus(plant->conn) == CONNECTION_BAD || !*last) {
		PQclear(*last);
		*last = NULL;
		return lost(plant, err);
	}
	return STATUS_OK;
}

static enum status take_result(struct plant *plant, struct deadline d, struct plant_rows **rows,
			       struct err *err)
{
	PGresult *result;

	TRY(send_all(plant, d, err));
	TRY(receive(plant, d, &result, err));
	ExecStatusType state = PQresultStatus(result);
	if (state != PGRES_TUPLES_OK && state != PGRES_COMMAND_OK) {
		enum status st = refused(plant, result, err);

		PQclear(result);
		return st;
	}
	if (rows)
		*rows = (struct plant_rows *)result;
	else
		PQclear(result);
	return STATUS_OK;
}

enum status plant_call(struct plant *plant, const char *sql, const struct plant_param *params,
		       size_t count, struct deadline d, struct plant_rows **rows, struct err *err)
{
	const char *values[PARAMS_MAX] = { 0 };
	int sizes[PARAMS_MAX] = { 0 }, formats[PARAMS_MAX] = { 0 };

	if (rows)
		*rows = NULL;
	if (count > PARAMS_MAX)
		return err_set(err, STATUS_INTERNAL, "plant: %zu values in one call", count);
	for (size_t i = 0; i < count; i++) {
		values[i] = params[i].bytes;
		sizes[i] = (int)params[i].size;
		formats[i] = params[i].is_binary;
	}
	if (!PQsendQueryParams(plant->conn, sql, (int)count, NULL, values, sizes, formats, 0))
		return lost(plant, err);
	return take_result(plant, d, rows, err);
}

enum status plant_script(struct plant *plant, const char *sql, struct deadline d, struct err *err)
{
	if (!PQsendQuery(plant->conn, sql))
		return lost(plant, err);
	return take_result(plant, d, NULL, err);
}

size_t plant_row_count(const struct plant_rows *rows)
{
	return (size_t)PQntuples((const PGresult *)rows);
}

const char *plant_text(const struct plant_rows *rows, size_t row, int column)
{
	return PQgetvalue((const PGresult *)rows, (int)row, column);
}

bool plant_is_null(const struct plant_rows *rows, size_t row, int column)
{
	return PQgetisnull((const PGresult *)rows, (int)row, column);
}

int64_t plant_integer(const struct plant_rows *rows, size_t row, int column)
{
	return strtoll(plant_text(rows, row, column), NULL, 10);
}

void plant_rows_free(struct plant_rows *rows)
{
	PQclear((PGresult *)rows);
}

#else /* without libpq */

static enum status not_supported(struct err *err)
{
	return err_set(err, STATUS_NOT_SUPPORTED,
		       "this flashline was built without PostgreSQL: install the package libpq-dev "
		       "and build it again");
}

enum status plant_check(const char *server, struct err *err)
{
	(void)server;
	return not_supported(err);
}

enum status plant_open(const char *server, struct plant_patience patience, struct deadline d,
		       struct plant **out, struct err *err)
{
	(void)server, (void)patience, (void)d;
	*out = NULL;
	return not_supported(err);
}

void plant_close(struct plant *plant)
{
	(void)plant;
}

const char *plant_where(const struct plant *plant)
{
	(void)plant;
	return "";
}

enum status plant_call(struct plant *plant, const char *sql, const struct plant_param *params,
		       size_t count, struct deadline d, struct plant_rows **rows, struct err *err)
{
	(void)plant, (void)sql, (void)params, (void)count, (void)d;
	if (rows)
		*rows = NULL;
	return not_supported(err);
}

enum status plant_script(struct plant *plant, const char *sql, struct deadline d, struct err *err)
{
	(void)plant, (void)sql, (void)d;
	return not_supported(err);
}

size_t plant_row_count(const struct plant_rows *rows)
{
	(void)rows;
	return 0;
}

const char *plant_text(const struct plant_rows *rows, size_t row, int column)
{
	(void)rows, (void)row, (void)column;
	return "";
}

bool plant_is_null(const struct plant_rows *rows, size_t row, int column)
{
	(void)rows, (void)row, (void)column;
	return true;
}

int64_t plant_integer(const struct plant_rows *rows, size_t row, int column)
{
	(void)rows, (void)row, (void)column;
	return 0;
}

void plant_rows_free(struct plant_rows *rows)
{
	(void)rows;
}

#endif
