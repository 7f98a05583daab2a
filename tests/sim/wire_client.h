/*
 * A client of simulated units that knows nothing of the engine: frames are
 * written and read by hand, as the serial protocol has them on the wire.
 */
#ifndef TESTS_SIM_WIRE_CLIENT_H
#define TESTS_SIM_WIRE_CLIENT_H

#include "fixtures/sim_unit.h"

#define CLIENT_FRAME 8192

struct client {
	struct sim_unit *unit;
	uint64_t now_us;
	uint32_t ram;      /* where that chip has room for code */
	uint8_t in[65536]; /* bytes from the unit, not yet looked at */
	size_t in_size;
	uint8_t frame[CLIENT_FRAME]; /* the last one, without its framing */
	size_t size;
};

/* A unit of that chip behind a CP2104, 4 MB of flash, port open. */
struct sim_unit_config client_config(const char *chip);
/* NULL config: client_config("esp32"). Powered up, port open at 115200. */
struct client *client_new(const struct sim_unit_config *config);
/* client_config("esp32") with these faults. */
struct client *client_with(size_t fault_count, const struct sim_fault *faults);
void client_free(struct client *c);
/* How often a fault has struck. */
uint64_t client_fired(const struct client *c);

void client_wait_ms(struct client *c, unsigned ms);
/* The classic sequence, then 100 ms. */
void client_reset(struct client *c, bool into_loader);
/* Everything that has come within ms, as text. Lent until the next call. */
const char *client_text(struct client *c, unsigned ms);
void client_rate(struct client *c, uint32_t baud);

/* Raw bytes, all of them, as fast as the bridge takes them. */
void client_send_raw(struct client *c, const void *bytes, size_t size);
/* One SLIP frame around payload. */
void client_send(struct client *c, const void *payload, size_t size);
/* Header and data, the frame's checksum word as given. */
void client_send_command(struct client *c, uint8_t opcode, const void *data, size_t size,
			 uint32_t sum);
/* The next frame into c->frame; false: none within ms. Text in between is skipped. */
bool client_receive(struct client *c, unsigned ms);
/* Send, then the first answer; fails the test if none comes within 10 s. */
void client_ask(struct client *c, uint8_t opcode, const void *data, size_t size);
/* The same for words. */
void client_ask_words(struct client *c, uint8_t opcode, size_t count, const uint32_t *words);
/* Length, sequence and two zeros before the block, its XOR in the header. */
void client_ask_block(struct client *c, uint8_t opcode, uint32_t seq, const void *block,
		      size_t size);

/* SYNC until eight answers have come. */
void client_sync(struct client *c);
/* Reset into the loader and SYNC. */
void client_enter_rom(struct client *c);
/* Upload something and start it: what greets with OHAI is the stub. */
void client_enter_stub(struct client *c);

/* Of the last frame. */
uint32_t client_value(const struct client *c);
/* Its status and error byte as one number; n bytes of data stand before them. */
unsigned client_status(const struct client *c, size_t n);
uint32_t client_read_reg(struct client *c, uint32_t addr);
void client_write_reg(struct client *c, uint32_t addr, uint32_t value);

/* An image: one segment of 16 bytes, checksum, SHA-256 behind it; 96 bytes. */
void client_put_image(uint8_t *p, uint16_t chip_id);
/* Boot loader, partition table and application that run. Returns the whole flash. */
uint8_t *client_put_firmware(struct client *c, uint32_t boot_offset, uint16_t chip_id);

#define FAULTS(...)                                                                                \
	sizeof((struct sim_fault[]){ __VA_ARGS__ }) / sizeof(struct sim_fault),                    \
		(const struct sim_fault[])                                                         \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

#define WORDS(...)                                                                                 \
	sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t), (const uint32_t[])                 \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

#endif
