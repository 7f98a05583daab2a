/*
 * A made-up sysfs: folders, attributes and links as Linux lays them out, in a temporary
 * folder. Also the usual cmocka prelude, in its order.
 */
#ifndef TESTS_STATION_TREE_H
#define TESTS_STATION_TREE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct tree {
	char root[64];
	char tty[96]; /* <root>/class/tty, what ports_scan() is given */
};

/* cmocka set-up and tear-down: *state is a struct tree. */
int tree_set_up(void **state);
int tree_tear_down(void **state);

/* Make a file with this content, and the folders above it. path is below root. */
void tree_file(const struct tree *t, const char *path, const char *content);
/* Make a link at path that points to target, both below root. */
void tree_link(const struct tree *t, const char *path, const char *target);
void tree_remove(const struct tree *t, const char *path);

struct tree_usb {
	const char *device;    /* "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4" */
	const char *interface; /* "1-1.4:1.0" */
	const char *tty;       /* "ttyUSB0", "ttyACM3" */
	const char *vid, *pid, *manufacturer, *product, *serial, *release, *driver;
};
/* A whole device: usb-serial layout for ttyUSBn, CDC layout for ttyACMn. */
void tree_plug(const struct tree *t, const struct tree_usb *usb);

#endif
