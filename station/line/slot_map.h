/*
 * The slots of a station file, as 'flashline slots learn' completes them: lines are added, and all
 * others stay as they are, with their comments.
 */
#ifndef STATION_LINE_SLOT_MAP_H
#define STATION_LINE_SLOT_MAP_H

#include "recipes/diag.h"
#include "station/doctor_usb.h"
#include "station/line/station_file.h"

#define SLOT_HUB_BYTES 40

struct slot_map {
	char *path;
	char *text; /* the file; "" of one that is not there yet */
	struct {
		unsigned number;
		char at[200];
	} slots[STATION_SLOTS_MAX];
	size_t count;
};

/*
 * Reads what a file has of slots; one that is not there is new. What else stands in it is not
 * judged. STATUS_RECIPE: no YAML, no station file, or its slots cannot be added to: the text says
 * why, or diags. STATUS_FILE: a new one cannot be made there. Release in any case.
 */
enum status slot_map_read(const char *path, struct slot_map *map, struct diag_list *diags,
			  struct err *err);
void slot_map_release(struct slot_map *map);

/* 0: this place is no slot. */
unsigned slot_map_number(const struct slot_map *map, const char *at);

/*
 * One more slot, with the next number, in the file as well: that is written anew beside it, brought
 * to the disk and put in its place. hub: "" unknown. STATUS_FILE, STATUS_NO_MEMORY, STATUS_USAGE
 * when there are STATION_SLOTS_MAX.
 */
enum status slot_map_add(struct slot_map *map, const char *at, const char *hub, unsigned *number,
			 struct err *err);

/* The text with one more line for this slot; to be freed, NULL without memory. Pure. */
char *slot_map_insert(const char *text, unsigned number, const char *at, const char *hub);

/* "0bda:5411 multi": the hub that this place hangs on, plugged in or not; "" on a root hub, or
 * where no hub is there. */
void slot_map_hub(const struct usb_tree *tree, const char *at, char text[static SLOT_HUB_BYTES]);

#endif
