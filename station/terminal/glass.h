/*
 * The door to ncurses: a canvas put on the terminal, and keys read from it.
 *
 * All of it belongs to one thread, but for the two functions that say so. The characters of the
 * environment's locale hold in that thread alone.
 */
#ifndef STATION_TERMINAL_GLASS_H
#define STATION_TERMINAL_GLASS_H

#include "engine/base/err.h"
#include "station/terminal/canvas.h"

#define GLASS_FAREWELL_BYTES 256

struct glass;

/* Any thread, while no glass is open. Can the terminal at fd place its cursor, by its TERM?
 * farewell: what leaves its full-screen mode and shows the cursor. */
bool glass_can(int fd, char farewell[static GLASS_FAREWELL_BYTES]);

/* Takes the terminal at in and out. Ctrl-C stays a signal, Ctrl-Z and Ctrl-\ become keys.
 * STATUS_NO_MEMORY, STATUS_INTERNAL. */
enum status glass_open(int in, int out, struct glass **glass, struct err *err);
void glass_close(struct glass *g);

bool glass_has_utf8(const struct glass *g);
/* As the terminal is now: it may have been resized. */
void glass_size(struct glass *g, int *columns, int *lines);
/* Blocks as long as the terminal takes nothing. */
void glass_show(struct glass *g, const struct canvas *canvas);
/* The next key as desk.h names them; -1: none waits. */
int glass_key(struct glass *g);
/* Give the terminal to the shell until somebody continues the program. SIGTSTP has to be blocked in
 * this thread, and not in all others. */
void glass_suspend(struct glass *g);

#endif
