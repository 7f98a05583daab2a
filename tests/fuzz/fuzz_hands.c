/* Whatever a program of the command's tells the bench's hands to do, they stay in bounds. */
#include "fixtures/bench_control.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct bench_hands *h)
{
	assert(h->hub->count <= h->room);
	for (size_t i = 0; i < h->hub->count; i++) {
		const struct bench_port *p = &h->hub->ports[i];

		assert(!p->config == !p->sim);
		for (size_t k = 0; k < i; k++) {
			const struct bench_port *other = &h->hub->ports[k];

			/* Not two in one nest. */
			assert(!bench_port_is_in(p) || !bench_port_is_in(other) ||
			       strcmp(p->config->ports, other->config->ports) != 0);
		}
	}
}

static void order(struct bench_hands *h, char *line, uint64_t now_us)
{
	struct bench_order o;
	struct bench_fail fail;

	/* Contents can name any file of this machine, one that blocks too. */
	if (strstr(line, "file") || !bench_order_read(line, &o, &fail))
		return;
	free(bench_order_do(h, &o, now_us));
	check(h);
}

/* One order a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench_nest nests[2] = { { "0000:00:14.0", 1, "1.1" }, { "0000:00:14.0", 1, "1.2" } };
	char path[] = "bench";
	struct bench_unit none;
	struct bench bench = { .units = &none, .nests = nests, .nest_count = 2, .path = path };
	struct bench_port *ports = calloc(BENCH_MADE_MAX, sizeof(*ports));
	struct bench_hub hub = { .ports = ports };
	struct bench_state state = { .folder = NULL };
	struct bench_hands hands;
	struct bench_fail fail;
	char *text = malloc(size + 1);
	uint64_t now_us = 1;

	assert(ports && text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < BENCH_MADE_MAX; i++)
		ports[i] = bench_port_empty();
	assert(bench_hands_init(&hands, &bench, &hub, &state, &fail));
	for (char *line = text, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		order(&hands, line, now_us += 300000);
	}
	for (size_t i = 0; i < hub.count; i++) {
		bench_port_release(&ports[i]);
		bench_unit_free(ports[i].config);
	}
	bench_hands_release(&hands);
	free(ports);
	free(text);
	return 0;
}
