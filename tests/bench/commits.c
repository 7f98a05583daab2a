/*
 * How long a station waits for its records:
 *
 *	commits FILE [SLOTS [ROUNDS]]
 *
 * Opens FILE as a station does and says how long that took; then SLOTS threads (64) put a run
 * and its result ROUNDS times (20), all at the same moment each time, and it says how long
 * they waited, and how many commits that made. FILE grows by SLOTS x ROUNDS runs.
 */
#define _POSIX_C_SOURCE 200809L
#include "db/run.h"
#include "db/sql.h"
#include "db/writer.h"
#include "tests/bench/factory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS_MAX 256
#define ROUNDS_MAX 1000

struct slot {
	pthread_t thread;
	struct writer *writer;
	pthread_barrier_t *start;
	unsigned rounds;
	struct factory_run *runs; /* one for each round */
	double run_ms[ROUNDS_MAX], result_ms[ROUNDS_MAX];
	bool has_failed;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *put_rounds(void *ctx)
{
	struct slot *slot = ctx;
	struct err err;

	for (unsigned i = 0; i < slot->rounds && !slot->has_failed; i++) {
		struct factory_run *run = &slot->runs[i];

		pthread_barrier_wait(slot->start);
		double begun = now_ms();
		slot->has_failed = writer_put_run(slot->writer, &run->run, &err) != STATUS_OK;
		slot->run_ms[i] = now_ms() - begun;
		pthread_barrier_wait(slot->start);
		begun = now_ms();
		if (!slot->has_failed)
			slot->has_failed =
				writer_put_result(slot->writer, &run->result, &err) != STATUS_OK;
		slot->result_ms[i] = now_ms() - begun;
	}
	if (slot->has_failed)
		fprintf(stderr, "%s\n", err.text);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_waits(const char *what, struct slot *slots, unsigned count, unsigned rounds,
			bool is_result)
{
	double *all = calloc((size_t)count * rounds, sizeof(*all));
	size_t n = 0;

	for (unsigned s = 0; s < count; s++)
		for (unsigned i = 0; i < rounds; i++)
			all[n++] = is_result ? slots[s].result_ms[i] : slots[s].run_ms[i];
	qsort(all, n, sizeof(*all), by_size);
	printf("%-8s median %6.1f ms   90 %% %6.1f   99 %% %6.1f   longest %6.1f\n", what,
	       all[n / 2], all[n * 9 / 10], all[n * 99 / 100], all[n - 1]);
	free(all);
}

/* Runs of a factory, under new ids: the file may have them already. */
static void draw_runs(struct factory *f, struct slot *slot, unsigned rounds)
{
	slot->runs = calloc(rounds, sizeof(*slot->runs));
	for (unsigned i = 0; i < rounds; i++) {
		struct factory_run *run = &slot->runs[i];

		factory_next(f, run);
		db_new_run_id(run->run_id);
		run->run.start_utc_ms += 86400000;
	}
}

static enum status measure(const char *path, unsigned count, unsigned rounds, struct err *err)
{
	const struct factory_plan plan = {
		.seed = 2, .runs = count * rounds, .batch_size = 500, .days = 1, .log_bytes = 1000
	};
	struct factory *f = calloc(1, sizeof(*f));
	struct slot *slots = calloc(count, sizeof(*slots));
	struct writer *writer;
	pthread_barrier_t start;
	struct db *db;

	factory_init(f, &plan);
	double begun = now_ms();
	enum status st = db_open(path, DB_WRITE, &db, err);
	printf("open     %.1f ms\n", now_ms() - begun);
	for (size_t i = 0; i < FACTORY_RECIPES && !st; i++)
		st = db_put_recipe(db, &f->recipes[i].recipe, err);
	begun = now_ms();
	if (!st)
		st = writer_new(db, &writer, err);
	if (st) {
		db_close(db);
		free(slots);
		free(f);
		return st;
	}
	printf("writer   %.1f ms\n", now_ms() - begun);
	pthread_barrier_init(&start, NULL, count);
	for (unsigned s = 0; s < count; s++) {
		slots[s].writer = writer;
		slots[s].start = &start;
		slots[s].rounds = rounds;
		draw_runs(f, &slots[s], rounds);
	}
	begun = now_ms();
	for (unsigned s = 0; s < count; s++)
		pthread_create(&slots[s].thread, NULL, put_rounds, &slots[s]);
	for (unsigned s = 0; s < count; s++)
		pthread_join(slots[s].thread, NULL);
	double took_ms = now_ms() - begun;
	print_waits("run", slots, count, rounds, false);
	print_waits("result", slots, count, rounds, true);
	printf("%u runs in %.2f s: %.0f a second\n", count * rounds, took_ms / 1e3,
	       count * rounds / took_ms * 1e3);
	begun = now_ms();
	writer_free(writer);
	db_close(db);
	printf("close    %.1f ms\n", now_ms() - begun);
	for (unsigned s = 0; s < count; s++)
		free(slots[s].runs);
	free(slots);
	free(f);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 64;
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 20;
	struct err err;

	if (argc < 2 || count < 1 || count > SLOTS_MAX || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "commits FILE [SLOTS [ROUNDS]]\n");
		return 2;
	}
	if (measure(argv[1], count, rounds, &err)) {
		fprintf(stderr, "commits: %s\n", err.text);
		return 3;
	}
	return 0;
}
