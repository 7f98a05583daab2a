#define NCURSES_WIDECHAR 1
#include "station/terminal/glass.h"

#include "engine/base/clock.h"
#include "station/terminal/desk.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* term.h takes the words */
#undef lines

#define STOP_WAIT_MS 1000
#define ESCAPE_WAIT_MS                                                                             \
	50 /* for what follows an Esc that begins an arrow key; Esc alone waits so                 \
	    */

struct glass {
	int in, out_fd;
	FILE *in_file, *out_file;
	SCREEN *screen;
	locale_t locale, locale_before;
	bool has_utf8, has_colour;
	attr_t attrs[STYLE_COUNT];
	short pairs[STYLE_COUNT];
	cchar_t *line;
	int line_room;
};

struct paint {
	short ink, paper;  /* -1: the terminal's own */
	attr_t attr;       /* with colours */
	attr_t plain_attr; /* without */
};

static const struct paint paints[STYLE_COUNT] = {
	[STYLE_PLAIN] = { -1, -1, A_NORMAL, A_NORMAL },
	[STYLE_DIM] = { -1, -1, A_DIM, A_DIM },
	[STYLE_TITLE] = { -1, -1, A_BOLD, A_BOLD },
	[STYLE_WORK] = { COLOR_CYAN, -1, A_NORMAL, A_NORMAL },
	[STYLE_PASS] = { COLOR_GREEN, -1, A_BOLD, A_BOLD },
	[STYLE_FAIL] = { COLOR_RED, -1, A_BOLD, A_BOLD },
	[STYLE_CARE] = { COLOR_YELLOW, -1, A_BOLD, A_UNDERLINE },
	[STYLE_STOP] = { COLOR_MAGENTA, -1, A_BOLD, A_NORMAL },
	[STYLE_ON_PASS] = { COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_BOLD },
	[STYLE_ON_FAIL] = { COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD },
	[STYLE_ON_CARE] = { COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_REVERSE },
	[STYLE_ON_STOP] = { COLOR_WHITE, COLOR_MAGENTA, A_BOLD, A_REVERSE },
	[STYLE_BAR] = { COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_REVERSE },
	[STYLE_KEY] = { COLOR_WHITE, COLOR_BLUE, A_BOLD, A_REVERSE | A_BOLD },
};

/* tigetstr() says -1 where a name is none of a string. */
static bool is_there(const char *capability)
{
	return capability && (intptr_t)capability != -1;
}

static void add_capability(char *text, const char *name)
{
	const char *value = tigetstr(name);
	size_t length = strlen(text);

	if (is_there(value) && length + strlen(value) + 1 < GLASS_FAREWELL_BYTES)
		strcpy(text + length, value);
}

bool glass_can(int fd, char farewell[static GLASS_FAREWELL_BYTES])
{
	const char *place;
	int found;

	farewell[0] = '\0';
	if (setupterm(NULL, fd, &found) != OK)
		return false;
	place = tigetstr("cup");
	add_capability(farewell, "sgr0");
	add_capability(farewell, "rmcup");
	add_capability(farewell, "cnorm");
	del_curterm(cur_term);
	return is_there(place);
}

static bool wants_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return !(no_colour && no_colour[0]) && has_colors();
}

static void mix_colours(struct glass *g)
{
	bool has_default;

	g->has_colour = wants_colour() && start_color() == OK;
	has_default = g->has_colour && use_default_colors() == OK;
	for (int i = 0; i < STYLE_COUNT; i++) {
		const struct paint *p = &paints[i];
		short ink = p->ink < 0 && !has_default ? COLOR_WHITE : p->ink;
		short paper = p->paper < 0 && !has_default ? COLOR_BLACK : p->paper;

		g->attrs[i] = g->has_colour ? p->attr : p->plain_attr;
		if (g->has_colour && init_pair((short)(i + 1), ink, paper) == OK)
			g->pairs[i] = (short)(i + 1);
	}
}

/* ncurses would end the program in its own way at these; the station has its way. */
static SCREEN *new_screen(struct glass *g)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };
	struct sigaction before[sizeof(signals) / sizeof(signals[0])];
	SCREEN *screen;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], NULL, &before[i]);
	screen = newterm(NULL, g->out_file, g->in_file);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &before[i], NULL);
	return screen;
}

/* Ctrl-Z and Ctrl-\ would stop units in the middle of their work. */
static void take_signal_keys(struct glass *g)
{
	struct termios now;

	if (tcgetattr(g->in, &now))
		return;
	now.c_cc[VSUSP] = _POSIX_VDISABLE;
	now.c_cc[VQUIT] = _POSIX_VDISABLE;
	tcsetattr(g->in, TCSANOW, &now);
	def_prog_mode();
}

static void set_up(struct glass *g)
{
	set_term(g->screen);
	cbreak();
	noecho();
	nonl();
	take_signal_keys(g);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_WAIT_MS);
	leaveok(stdscr, TRUE);
	curs_set(0);
	mix_colours(g);
}

static FILE *open_copy(int fd, const char *mode)
{
	int copy = dup(fd);
	FILE *file = copy < 0 ? NULL : fdopen(copy, mode);

	if (!file && copy >= 0)
		close(copy);
	return file;
}

enum status glass_open(int in, int out, struct glass **glass, struct err *err)
{
	const char *term = getenv("TERM");
	struct glass *g = calloc(1, sizeof(*g));

	*glass = NULL;
	if (!g)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the terminal");
	g->in = in;
	g->out_fd = out;
	g->locale = newlocale(LC_CTYPE_MASK, "", NULL);
	if (g->locale)
		g->locale_before = uselocale(g->locale);
	/* The kernel's own terminal says UTF-8, and has no signs beyond its first font. */
	g->has_utf8 =
		strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && !(term && strcmp(term, "linux") == 0);
	g->in_file = open_copy(in, "r");
	g->out_file = open_copy(out, "w");
	if (g->in_file && g->out_file)
		g->screen = new_screen(g);
	if (!g->screen) {
		glass_close(g);
		return err_set(err, STATUS_INTERNAL,
			       "the terminal '%s' cannot be used: set TERM, or give --json",
			       term ? term : "");
	}
	set_up(g);
	*glass = g;
	return STATUS_OK;
}

void glass_close(struct glass *g)
{
	if (!g)
		return;
	if (g->screen) {
		endwin();
		delscreen(g->screen);
	}
	if (g->in_file)
		fclose(g->in_file);
	if (g->out_file)
		fclose(g->out_file);
	if (g->locale) {
		uselocale(g->locale_before);
		freelocale(g->locale);
	}
	free(g->line);
	free(g);
}

bool glass_has_utf8(const struct glass *g)
{
	return g->has_utf8;
}

void glass_size(struct glass *g, int *columns, int *lines)
{
	struct winsize size;

	if (ioctl(g->out_fd, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row &&
	    (size.ws_col != COLS || size.ws_row != LINES)) {
		resizeterm(size.ws_row, size.ws_col);
		clearok(curscr, TRUE);
	}
	*columns = COLS;
	*lines = LINES;
}

static void show_line(struct glass *g, const struct canvas *canvas, int y)
{
	const struct glyph *glyphs = &canvas->glyphs[(size_t)y * (size_t)canvas->columns];
	int used = 0;

	for (int x = 0; x < canvas->columns; x++) {
		wchar_t text[2] = { (wchar_t)glyphs[x].code, L'\0' };
		attr_t attr = g->attrs[glyphs[x].style];

		if (!glyphs[x].code) /* the one before it takes both columns */
			continue;
		if (glyphs[x].is_chosen)
			attr ^= A_REVERSE;
		setcchar(&g->line[used++], text, attr, g->pairs[glyphs[x].style], NULL);
	}
	mvadd_wchnstr(y, 0, g->line, used);
}

void glass_show(struct glass *g, const struct canvas *canvas)
{
	if (canvas->columns > g->line_room) {
		cchar_t *line = realloc(g->line, (size_t)canvas->columns * sizeof(*line));

		if (!line)
			return;
		g->line = line;
		g->line_room = canvas->columns;
	}
	erase();
	for (int y = 0; y < canvas->lines && y < LINES; y++)
		show_line(g, canvas, y);
	refresh();
}

int glass_key(struct glass *g)
{
	int key = getch();

	(void)g;
	switch (key) {
	case ERR:
		return -1;
	case KEY_UP:
		return DESK_UP;
	case KEY_DOWN:
		return DESK_DOWN;
	case KEY_LEFT:
		return DESK_LEFT;
	case KEY_RIGHT:
		return DESK_RIGHT;
	case KEY_HOME:
		return DESK_HOME;
	case KEY_END:
		return DESK_END;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return DESK_ENTER;
	case KEY_BACKSPACE:
	case 0x7F:
	case 0x08:
		return DESK_ERASE;
	case 0x1B:
		return DESK_ESCAPE;
	case 0x1A:
		return DESK_SUSPEND;
	case 0x0C: /* Ctrl-L: whatever has written over it */
		clearok(curscr, TRUE);
		break;
	}
	return key < 0x100 ? key : 0; /* 0: nothing that anybody waits for */
}

/* SIGTSTP is blocked in this thread and meant for another one; wait until that has taken it. */
static void wait_for_stop(void)
{
	sigset_t pending;

	for (unsigned i = 0; i < STOP_WAIT_MS; i++) {
		clock_sleep_ms(&clock_monotonic, 1);
		if (sigpending(&pending) || !sigismember(&pending, SIGTSTP))
			break;
	}
	/* Taken is not yet stopped: the next update of the screen would be the shell's. */
	clock_sleep_ms(&clock_monotonic, 1);
}

void glass_suspend(struct glass *g)
{
	(void)g;
	endwin();
	/* The whole job, as the shell's Ctrl-Z: whatever started this program stops as well. */
	kill(0, SIGTSTP);
	wait_for_stop();
	reset_prog_mode();
	clearok(curscr, TRUE);
	refresh();
}
