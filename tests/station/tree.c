#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */
#include "tests/station/tree.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024

int tree_set_up(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	const char *tmp = getenv("TMPDIR");

	if (!t)
		return -1;
	snprintf(t->root, sizeof(t->root), "%.32s/flashline-tree.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(t->root)) {
		free(t);
		return -1;
	}
	snprintf(t->tty, sizeof(t->tty), "%s/class/tty", t->root);
	tree_file(t, "class/tty/tty0/dev", "4:0\n"); /* a virtual terminal: no device link */
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
	(void)about;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int tree_tear_down(void **state)
{
	struct tree *t = *state;

	nftw(t->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

void tree_file(const struct tree *t, const char *path, const char *content)
{
	char full[3 * PATH_BYTES];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	make_folders(full);
	file = fopen(full, "w");
	if (!file || fputs(content, file) < 0 || fclose(file) != 0)
		fail_msg("cannot write %s", full);
}

void tree_link(const struct tree *t, const char *path, const char *target)
{
	char full[3 * PATH_BYTES], to[3 * PATH_BYTES];

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	snprintf(to, sizeof(to), "%s/%s", t->root, target);
	make_folders(full);
	unlink(full);
	if (symlink(to, full) != 0)
		fail_msg("cannot link %s", full);
}

void tree_remove(const struct tree *t, const char *path)
{
	char full[3 * PATH_BYTES];

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void attribute(const struct tree *t, const char *folder, const char *name, const char *value)
{
	char path[2 * PATH_BYTES], line[256];

	if (!value)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(line, sizeof(line), "%s\n", value);
	tree_file(t, path, line);
}

void tree_plug(const struct tree *t, const struct tree_usb *usb)
{
	const int is_cdc = strncmp(usb->tty, "ttyACM", 6) == 0;
	char interface[PATH_BYTES], serial[PATH_BYTES + 64], tty[PATH_BYTES + 128], link[256];
	char driver[256];

	attribute(t, usb->device, "idVendor", usb->vid);
	attribute(t, usb->device, "idProduct", usb->pid);
	attribute(t, usb->device, "manufacturer", usb->manufacturer);
	attribute(t, usb->device, "product", usb->product);
	attribute(t, usb->device, "serial", usb->serial);
	attribute(t, usb->device, "bcdDevice", usb->release);
	attribute(t, usb->device, "speed", "12");

	snprintf(interface, sizeof(interface), "%s/%s", usb->device, usb->interface);
	snprintf(serial, sizeof(serial), "%s%s%s", interface, is_cdc ? "" : "/",
		 is_cdc ? "" : usb->tty);
	snprintf(tty, sizeof(tty), "%s/tty/%s", serial, usb->tty);
	attribute(t, tty, "dev", "188:0");
	snprintf(link, sizeof(link), "class/tty/%s", usb->tty);
	tree_link(t, link, tty);
	snprintf(tty, sizeof(tty), "%s/tty/%s/device", serial, usb->tty);
	tree_link(t, tty, serial);
	if (usb->driver) {
		snprintf(driver, sizeof(driver), "bus/usb/drivers/%s", usb->driver);
		snprintf(tty, sizeof(tty), "%s/bind", driver);
		tree_file(t, tty, "");
		snprintf(tty, sizeof(tty), "%s/driver", interface);
		tree_link(t, tty, driver);
	}
}
