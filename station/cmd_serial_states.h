/*
 * The actions of 'flashline serials' about the numbers that this station gives to its units:
 * cmd_serials.c has their rows.
 */
#ifndef STATION_CMD_SERIAL_STATES_H
#define STATION_CMD_SERIAL_STATES_H

#include "station/cmd_decide.h"

enum status serials_states(const struct options *o, struct db *db, struct err *err);
enum status serials_show(const struct options *o, struct db *db, struct err *err);
enum status serials_void(const struct options *o, struct db *db, struct err *err);
enum status serials_unused(const struct options *o, struct db *db, struct err *err);

#endif
