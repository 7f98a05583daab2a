#include "station/json.h"

#include "station/bridge.h"

#include "engine/base/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

json_t *json_text(const char *text)
{
	json_t *value;
	char *copy;

	if (!text || !text[0])
		return json_null();
	copy = strdup(text);
	if (!copy)
		return json_null();
	text_clean(copy);
	value = json_string(copy);
	free(copy);
	return value;
}

void utc_text(int64_t utc_ms, char text[static UTC_TEXT_BYTES])
{
	time_t seconds = (time_t)(utc_ms / 1000 - (utc_ms % 1000 < 0));
	char whole[24];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(text, UTC_TEXT_BYTES, "unknown");
	else
		snprintf(text, UTC_TEXT_BYTES, "%s.%03dZ", whole,
			 (int)((utc_ms % 1000 + 1000) % 1000));
}

const char *utc_words(int64_t utc_ms, char text[static UTC_TEXT_BYTES])
{
	if (!utc_ms)
		return strcpy(text, "-");
	utc_text(utc_ms, text);
	if (strlen(text) > 19) {
		text[10] = ' ';
		text[19] = '\0'; /* behind the seconds */
	}
	return text;
}

json_t *json_event(const char *event)
{
	json_t *object = json_object();
	char time[UTC_TEXT_BYTES];

	utc_text(clock_utc_ms(), time);
	json_object_set_new(object, "version", json_integer(JSON_VERSION));
	json_object_set_new(object, "time", json_string(time));
	json_object_set_new(object, "event", json_string(event));
	return object;
}

static const char *const asked_words[] = {
	[USB_NOT_ASKED] = NULL,  [USB_ANSWERED] = "answered", [USB_NOT_PERMITTED] = "not permitted",
	[USB_IN_USE] = "in use", [USB_SILENT] = "no answer",
};

json_t *json_port(const struct port *p)
{
	const struct bridge *bridge = bridge_of_port(p);
	json_t *object = json_object();
	char vid_pid[10];

	snprintf(vid_pid, sizeof(vid_pid), "%04x:%04x", p->vid, p->pid);
	json_object_set_new(object, "slot", json_text(p->slot));
	json_object_set_new(object, "node", json_text(p->node));
	json_object_set_new(object, "bridge", json_text(bridge ? bridge->name : NULL));
	json_object_set_new(object, "bridge_told_by", json_text(bridge_told_by(p)));
	json_object_set_new(object, "bridge_query", json_text(asked_words[p->answer.asked]));
	json_object_set_new(object, "bridge_part",
			    p->answer.asked == USB_ANSWERED ? json_integer(p->answer.part)
							    : json_null());
	json_object_set_new(object, "vid_pid", json_text(p->is_usb ? vid_pid : NULL));
	json_object_set_new(object, "manufacturer", json_text(p->manufacturer));
	json_object_set_new(object, "product", json_text(p->product));
	json_object_set_new(object, "serial", json_text(p->serial));
	json_object_set_new(object, "release", json_text(p->release));
	json_object_set_new(object, "driver", json_text(p->driver));
	json_object_set_new(object, "speed_mbps",
			    p->speed_mbps ? json_integer(p->speed_mbps) : json_null());
	json_object_set_new(object, "usb_path", json_text(p->usb_path));
	json_object_set_new(object, "holder_pid",
			    p->holder_pid ? json_integer(p->holder_pid) : json_null());
	json_object_set_new(object, "holder", json_text(p->holder));
	return object;
}

/* "Wi-Fi, BT" as an array. */
static json_t *json_words(const char *text)
{
	json_t *array = json_array();

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ",");

		json_array_append_new(array, json_stringn(at, length));
		at += length;
		at += strspn(at, ", ");
	}
	return array;
}

/* The flags that the chip told; null when it told none. */
static json_t *json_security(const struct security *s)
{
	char flags[9], names[500];
	json_t *object;

	if (!s->is_known)
		return json_null();
	snprintf(flags, sizeof(flags), "%08x", (unsigned)s->flags);
	object = json_object();
	json_object_set_new(object, "secure_boot", json_boolean(s->secure_boot));
	json_object_set_new(object, "flash_encryption", json_boolean(s->flash_encryption));
	json_object_set_new(object, "secure_download", json_boolean(s->secure_download));
	json_object_set_new(object, "manual_encryption", json_boolean(!s->no_manual_encrypt));
	json_object_set_new(object, "flags", json_text(s->has_flags ? flags : NULL));
	security_flags_text(s, names, sizeof(names));
	json_object_set_new(object, "flag_names", json_words(names));
	json_object_set_new(object, "secure_boot_v1", json_boolean(s->secure_boot_v1));
	json_object_set_new(object, "crypt_count", json_integer(s->crypt_count));
	return object;
}

json_t *json_ident(const struct ident *ident)
{
	json_t *object = json_object();
	char mac[MAC_TEXT_BYTES], custom_mac[MAC_TEXT_BYTES], revision[16], flash_id[8];
	char security[80], keys[200];

	mac_text(ident->mac, mac);
	mac_text(ident->custom_mac, custom_mac);
	security_key_text(ident, keys, sizeof(keys));
	chip_revision_text(ident->revision, revision, sizeof(revision));
	snprintf(flash_id, sizeof(flash_id), "%06x", (unsigned)(ident->flash_id & 0xFFFFFF));
	security_text(&ident->security, security, sizeof(security));
	json_object_set_new(object, "chip", json_text(ident->chip ? ident->chip->name : NULL));
	json_object_set_new(object, "mac", json_text(ident->has_mac ? mac : NULL));
	json_object_set_new(object, "custom_mac",
			    json_text(ident->has_custom_mac ? custom_mac : NULL));
	json_object_set_new(object, "revision", json_text(ident->has_revision ? revision : NULL));
	json_object_set_new(object, "package", json_text(ident->package));
	json_object_set_new(object, "features", json_text(ident->features));
	json_object_set_new(object, "feature_list", json_words(ident->features));
	json_object_set_new(object, "crystal_mhz",
			    ident->crystal_mhz ? json_integer(ident->crystal_mhz) : json_null());
	json_object_set_new(object, "flash_id", json_text(ident->has_flash_id ? flash_id : NULL));
	json_object_set_new(object, "flash_bytes",
			    ident->flash_bytes ? json_integer(ident->flash_bytes) : json_null());
	json_object_set_new(object, "embedded_flash_bytes",
			    ident->embedded_flash_bytes ? json_integer(ident->embedded_flash_bytes)
							: json_null());
	json_object_set_new(object, "embedded_psram_bytes",
			    ident->embedded_psram_bytes || ident->tells_psram
				    ? json_integer(ident->embedded_psram_bytes)
				    : json_null());
	json_object_set_new(object, "security", json_security(&ident->security));
	json_object_set_new(object, "security_text",
			    json_text(ident->security.is_known ? security : NULL));
	json_object_set_new(object, "key_purposes", json_text(keys));
	return object;
}

json_t *json_way(const struct flash_way *way)
{
	json_t *object;

	if (!way->data_block_bytes)
		return json_null();
	object = json_object();
	json_object_set_new(object, "loader", json_string(way->with_stub ? "stub" : "rom"));
	json_object_set_new(object, "rate_baud",
			    way->rate_baud ? json_integer(way->rate_baud) : json_null());
	json_object_set_new(object, "ram_block_bytes",
			    way->with_stub ? json_integer(way->ram_block_bytes) : json_null());
	json_object_set_new(object, "data_block_bytes", json_integer(way->data_block_bytes));
	json_object_set_new(object, "pace_bytes", json_integer(way->pace_bytes));
	return object;
}

void json_line(json_t *object, struct textbuf *out)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));

	if (line) {
		textbuf_bytes(out, line, strlen(line));
		textbuf_bytes(out, "\n", 1);
	} else {
		out->has_failed = true;
	}
	free(line);
	json_decref(object);
}
