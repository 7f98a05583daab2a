#include "station/line/scan_keys.h"

#include <linux/input-event-codes.h>
#include <string.h>

struct key {
	char plain, shifted;
};

/* clang-format off */
static const struct key keys[] = {
	[KEY_1] = { '1', '!' }, [KEY_2] = { '2', '@' }, [KEY_3] = { '3', '#' },
	[KEY_4] = { '4', '$' }, [KEY_5] = { '5', '%' }, [KEY_6] = { '6', '^' },
	[KEY_7] = { '7', '&' }, [KEY_8] = { '8', '*' }, [KEY_9] = { '9', '(' },
	[KEY_0] = { '0', ')' }, [KEY_MINUS] = { '-', '_' }, [KEY_EQUAL] = { '=', '+' },
	[KEY_Q] = { 'q', 'Q' }, [KEY_W] = { 'w', 'W' }, [KEY_E] = { 'e', 'E' },
	[KEY_R] = { 'r', 'R' }, [KEY_T] = { 't', 'T' }, [KEY_Y] = { 'y', 'Y' },
	[KEY_U] = { 'u', 'U' }, [KEY_I] = { 'i', 'I' }, [KEY_O] = { 'o', 'O' },
	[KEY_P] = { 'p', 'P' }, [KEY_LEFTBRACE] = { '[', '{' }, [KEY_RIGHTBRACE] = { ']', '}' },
	[KEY_A] = { 'a', 'A' }, [KEY_S] = { 's', 'S' }, [KEY_D] = { 'd', 'D' },
	[KEY_F] = { 'f', 'F' }, [KEY_G] = { 'g', 'G' }, [KEY_H] = { 'h', 'H' },
	[KEY_J] = { 'j', 'J' }, [KEY_K] = { 'k', 'K' }, [KEY_L] = { 'l', 'L' },
	[KEY_SEMICOLON] = { ';', ':' }, [KEY_APOSTROPHE] = { '\'', '"' },
	[KEY_GRAVE] = { '`', '~' }, [KEY_BACKSLASH] = { '\\', '|' },
	[KEY_Z] = { 'z', 'Z' }, [KEY_X] = { 'x', 'X' }, [KEY_C] = { 'c', 'C' },
	[KEY_V] = { 'v', 'V' }, [KEY_B] = { 'b', 'B' }, [KEY_N] = { 'n', 'N' },
	[KEY_M] = { 'm', 'M' }, [KEY_COMMA] = { ',', '<' }, [KEY_DOT] = { '.', '>' },
	[KEY_SLASH] = { '/', '?' }, [KEY_SPACE] = { ' ', ' ' },
	[KEY_KP0] = { '0', '0' }, [KEY_KP1] = { '1', '1' }, [KEY_KP2] = { '2', '2' },
	[KEY_KP3] = { '3', '3' }, [KEY_KP4] = { '4', '4' }, [KEY_KP5] = { '5', '5' },
	[KEY_KP6] = { '6', '6' }, [KEY_KP7] = { '7', '7' }, [KEY_KP8] = { '8', '8' },
	[KEY_KP9] = { '9', '9' }, [KEY_KPDOT] = { '.', '.' }, [KEY_KPMINUS] = { '-', '-' },
	[KEY_KPPLUS] = { '+', '+' }, [KEY_KPASTERISK] = { '*', '*' }, [KEY_KPSLASH] = { '/', '/' },
};

static const uint16_t modifier_keys[] = {
	KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTALT, KEY_RIGHTALT, KEY_LEFTMETA, KEY_RIGHTMETA,
};
/* clang-format on */

static void forget(struct scan_keys *k)
{
	k->len = 0;
	k->is_too_long = false;
}

static bool take_modifier(struct scan_keys *k, uint16_t code, bool is_down)
{
	if (code == KEY_LEFTSHIFT)
		k->left_shift = is_down;
	else if (code == KEY_RIGHTSHIFT)
		k->right_shift = is_down;
	else if (code == KEY_CAPSLOCK)
		k->has_caps ^= is_down;
	else {
		for (unsigned i = 0; i < sizeof(modifier_keys) / sizeof(modifier_keys[0]); i++) {
			if (code != modifier_keys[i])
				continue;
			k->modifiers = is_down ? k->modifiers | 1u << i : k->modifiers & ~(1u << i);
			return true;
		}
		return false;
	}
	return true;
}

static void add(struct scan_keys *k, uint16_t code)
{
	const struct key *key = code < sizeof(keys) / sizeof(keys[0]) ? &keys[code] : NULL;
	bool is_letter = key && key->plain >= 'a' && key->plain <= 'z';
	bool is_shifted = (k->left_shift || k->right_shift) != (is_letter && k->has_caps);

	if (!key || !key->plain || k->modifiers)
		return;
	if (k->len + 1 == sizeof(k->text)) {
		k->is_too_long = true;
		return;
	}
	k->text[k->len++] = is_shifted ? key->shifted : key->plain;
}

static bool finish(struct scan_keys *k)
{
	bool is_text = k->len > 0 && !k->is_too_long;

	k->text[k->len] = '\0';
	forget(k);
	return is_text;
}

bool scan_keys_take(struct scan_keys *k, uint16_t type, uint16_t code, int32_t value)
{
	if (type == EV_SYN && code == SYN_DROPPED) {
		/* Keys were lost: what is left is no text, and no modifier is known. */
		memset(k, 0, sizeof(*k));
		return false;
	}
	if (type != EV_KEY || value < 0 || value > 1) /* 2 is a key that repeats */
		return false;
	if (take_modifier(k, code, value == 1) || value == 0)
		return false;
	if (code == KEY_ENTER || code == KEY_KPENTER)
		return finish(k);
	add(k, code);
	return false;
}
