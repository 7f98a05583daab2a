/*
 * Keys of an input device as the text that a scanner typed. Pure.
 *
 * Scanners that are keyboards are set to the US layout when they leave the factory; so that is how
 * their keys are read, whatever the computer's own layout is. Enter ends a text. Source of the key
 * numbers: linux/input-event-codes.h.
 */
#ifndef STATION_LINE_SCAN_KEYS_H
#define STATION_LINE_SCAN_KEYS_H

#include "station/line/requests.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_keys { /* starts as { 0 } */
	bool left_shift, right_shift, has_caps;
	unsigned modifiers; /* Ctrl, Alt, Meta that are down: what is typed with them is no text */
	char text[REQUEST_TEXT_BYTES];
	size_t len;
	bool is_too_long; /* it is dropped as a whole */
};

/*
 * One event as the device tells it. true: text is whole, a string that is not empty, and stays
 * until the next event.
 */
bool scan_keys_take(struct scan_keys *k, uint16_t type, uint16_t code, int32_t value);

#endif
