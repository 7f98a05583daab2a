/*
 * Which server is the plant's: what the commands that speak to it share.
 */
#ifndef STATION_PLANT_CHOICE_H
#define STATION_PLANT_CHOICE_H

#include "db/plant/plant.h"
#include "station/command.h"

/* For a person who waits: longer than a station's own limits, which have other work. */
#define PLANT_CHOICE_MS 30000

/* --plant, or $FLASHLINE_PLANT; NULL when there is neither. */
const char *plant_choice(const struct options *o);

/* STATUS_USAGE when no server is named; else as plant_open() in db/plant/plant.h. */
enum status plant_connect(const struct options *o, struct plant **plant, struct err *err);

/* The error on stderr; 3 when the server is the reason, 2 when the command or the build is. */
enum exit_code plant_complain(const struct err *err);

#endif
