#include "tests/sim/fault_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define FRAME_END 0xc0

struct recorder {
	struct fault_frames *frames;
	bool is_inside;
	uint32_t at; /* of the next byte of the frame */
};

/* A C0 right behind a frame's first one opens it anew. */
static void take(struct recorder *r, uint8_t byte)
{
	r->frames->bytes++;
	if (byte == FRAME_END && (!r->is_inside || r->at == 1)) {
		r->is_inside = true;
		r->at = 1;
		return;
	}
	if (!r->is_inside)
		return;
	r->at++;
	if (byte != FRAME_END)
		return;
	assert_true(r->frames->count < FAULT_FRAMES_MAX);
	r->frames->sizes[r->frames->count++] = r->at;
	r->is_inside = false;
}

static void wrote(void *ctx, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		take(ctx, bytes[i]);
}

void fault_frames_record(struct fault_frames *f, const struct fault_case *c)
{
	struct fault_case clean = *c;
	struct recorder r = { .frames = f };
	struct fault_run run;

	memset(f, 0, sizeof(*f));
	clean.fault_count = 0;
	fault_case_watch(&clean, &run, wrote, &r);
	if (run.status || run.wrong[0])
		fail_msg("without any fault: %s: %s\n%s", status_code(run.status), run.wrong,
			 run.story ? run.story : "");
	f->frames_out = run.count.frames_out;
	fault_run_release(&run);
}
