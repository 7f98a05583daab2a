#include "tests/station/doctor_world.h"

#include "db/db.h"
#include "engine/base/clock.h"
#include "station/bridge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE "devices/pci0000:00/0000:00:14.0/usb1/1-1"
#define OURS "usr/lib/udev/rules.d/99-flashline.rules"

static const struct tree_usb cp2104 = {
	.device = DEVICE,
	.interface = "1-1:1.0",
	.tty = "ttyUSB0",
	.vid = "10c4",
	.pid = "ea60",
	.product = "CP2104 USB to UART Bridge Controller",
	.driver = "cp210x",
};

/* ---- ports ---- */

static void a_port_of_a_group_that_the_user_is_not_in_is_bad(void **state)
{
	struct doctor_world w;
	char group[64];

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0660);
	doctor_world_expect(&w, "access", DOCTOR_BAD, "1 port this user may not open",
			    "usermod -aG dialout anna");
	/* Nobody is advised to join root. */
	snprintf(group, sizeof(group), "root:x:%u:\n", (unsigned)getgid());
	tree_file(w.t, "etc/group", group);
	doctor_world_expect(&w, "access", DOCTOR_BAD, "for the group root", "udev rules");
	doctor_world_release(&w);
}

static void a_user_who_was_added_after_the_login_has_to_log_in_again(void **state)
{
	struct doctor_world w;
	char group[64];

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0660);
	snprintf(group, sizeof(group), "dialout:x:%u:bert,anna\n", (unsigned)getgid());
	tree_file(w.t, "etc/group", group);
	doctor_world_expect(&w, "access", DOCTOR_BAD, "1 port", "this session began before");
	doctor_world_release(&w);
}

static void a_user_in_the_group_may_open_the_port(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0660);
	w.user.groups[0] = getgid();
	w.user.group_count = 1;
	doctor_world_expect(&w, "access", DOCTOR_OK, "which this user may open", NULL);
	doctor_world_plug(&w, &cp2104, 0600); /* and no group may, by somebody's rule */
	doctor_world_expect(&w, "access", DOCTOR_BAD, NULL, "have the mode 0600");
	doctor_world_release(&w);
}

static void a_port_without_a_node_is_bad(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0666);
	tree_remove(w.t, "dev/ttyUSB0");
	doctor_world_expect(&w, "access", DOCTOR_BAD, "without a node", "udev");
	doctor_world_release(&w);
}

static void a_program_that_has_a_port_open_is_named(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0666);
	doctor_world_expect(&w, "holders", DOCTOR_OK, NULL, NULL);
	/* A character device that every machine has stands for the port. */
	doctor_world_link(&w, "dev/ttyUSB0", "/dev/null");
	doctor_world_link(&w, "proc/812/fd/7", "/dev/null");
	tree_file(w.t, "proc/812/cmdline", "/usr/sbin/ModemManager");
	doctor_world_expect(&w, "holders", DOCTOR_BAD, "ttyUSB0 is open in process 812",
			    "disable --now ModemManager");
	tree_file(w.t, "proc/812/cmdline", "/usr/bin/flashline");
	doctor_world_expect(&w, "holders", DOCTOR_NOTE, "flashline", "wait");
	doctor_world_release(&w);
}

static void modem_manager_is_noted_until_udev_told_it_to_ignore_the_ports(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_plug(&w, &cp2104, 0666);
	doctor_world_expect(&w, "daemons", DOCTOR_OK, "neither", NULL);
	tree_file(w.t, "usr/sbin/ModemManager", "");
	doctor_world_expect(&w, "daemons", DOCTOR_NOTE, "does not run", "udev rules");
	tree_file(w.t, "proc/4/comm", "ModemManager\n");
	doctor_world_expect(&w, "daemons", DOCTOR_NOTE, "runs (process 4)", "udev rules");
	tree_file(w.t, OURS, "# rules\n");
	doctor_world_expect(&w, "daemons", DOCTOR_NOTE, "1 of 1 ports came before the rules",
			    "trigger");
	tree_file(w.t, "run/udev/data/c188:0", "E:ID_BUS=usb\nE:ID_MM_DEVICE_IGNORE=1\n");
	doctor_world_expect(&w, "daemons", DOCTOR_OK, "told to leave the bridges alone", NULL);
	doctor_world_release(&w);
}

static void brltty_is_bad_when_a_rule_in_force_names_a_bridge(void **state)
{
	static const char rule[] = "ENV{PRODUCT}==\"10C4/EA60/*\", GOTO=\"run\"\n";
	struct doctor_world w;

	doctor_world_init(&w, *state);
	tree_file(w.t, "usr/bin/brltty", "");
	tree_file(w.t, "usr/lib/udev/rules.d/85-brltty.rules", "# ENV{PRODUCT}==\"10c4/ea60/*\"\n");
	doctor_world_expect(&w, "daemons", DOCTOR_OK, "none of its udev rules", NULL);
	tree_file(w.t, "usr/lib/udev/rules.d/85-brltty.rules", rule);
	doctor_world_expect(&w, "daemons", DOCTOR_BAD, "their ports vanish", "apt remove brltty");
	tree_file(w.t, OURS, "# rules\n");
	doctor_world_expect(&w, "daemons", DOCTOR_OK, "keep it away", NULL);
	tree_remove(w.t, OURS);
	doctor_world_link(&w, "etc/udev/rules.d/85-brltty.rules", "/dev/null"); /* masked */
	doctor_world_expect(&w, "daemons", DOCTOR_OK, "none of its udev rules", NULL);
	doctor_world_release(&w);
}

static void gpsd_is_found_by_vendor_and_product_in_one_rule(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	tree_file(w.t, "usr/sbin/gpsd", "");
	tree_file(w.t, "lib/udev/rules.d/60-gpsd.rules",
		  "ATTRS{idVendor}==\"067b\", ATTRS{idProduct}==\"2303\", TAG+=\"systemd\"\n");
	doctor_world_expect(&w, "daemons", DOCTOR_BAD, "GPS", "apt remove gpsd");
	doctor_world_release(&w);
}

static void missing_udev_rules_are_noted_and_a_masked_file_is_missing(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_expect(&w, "udev_rules", DOCTOR_NOTE, "is not installed", "/etc/udev/rules.d");
	tree_file(w.t, OURS, "# rules\n");
	doctor_world_expect(&w, "udev_rules", DOCTOR_OK, "in force", NULL);
	tree_file(w.t, "etc/udev/rules.d/99-flashline.rules", "");
	doctor_world_expect(&w, "udev_rules", DOCTOR_NOTE, "is not installed", NULL);
	tree_remove(w.t, "run/udev");
	doctor_world_expect(&w, "udev_rules", DOCTOR_NOTE, "udev does not run", NULL);
	doctor_world_release(&w);
}

static void another_driver_is_noted_and_a_bridge_without_a_port_is_bad(void **state)
{
	struct tree_usb usb = cp2104;
	struct doctor_world w;

	doctor_world_init(&w, *state);
	usb.driver = "cp210x_vendor";
	doctor_world_plug(&w, &usb, 0666);
	doctor_world_expect(&w, "drivers", DOCTOR_NOTE, "has the driver cp210x_vendor, not cp210x",
			    "modinfo cp210x_vendor");
	tree_remove(w.t, "class/tty/ttyUSB0");
	doctor_world_expect(&w, "drivers", DOCTOR_BAD, "10c4:ea60", "modprobe cp210x");
	/* A program on a chip's own USB may be a keyboard. */
	tree_file(w.t, DEVICE "/idVendor", "303a\n");
	tree_file(w.t, DEVICE "/idProduct", "4001\n");
	doctor_world_expect(&w, "drivers", DOCTOR_OK, NULL, NULL);
	doctor_world_release(&w);
}

static void a_latency_timer_that_may_be_written_is_ok(void **state)
{
	struct tree_usb usb = cp2104;
	struct doctor_world w;
	char path[300];

	doctor_world_init(&w, *state);
	usb.vid = "0403";
	usb.pid = "6001";
	usb.driver = "ftdi_sio";
	doctor_world_plug(&w, &usb, 0666);
	tree_file(w.t, DEVICE "/1-1:1.0/ttyUSB0/latency_timer", "16\n");
	doctor_world_expect(&w, "latency", DOCTOR_OK, "1 latency timer that a run can shorten",
			    NULL);
	snprintf(path, sizeof(path), "%s/" DEVICE "/1-1:1.0/ttyUSB0/latency_timer", w.t->root);
	assert_int_equal(chmod(path, 0444), 0);
	if (geteuid() != 0) /* root may write it all the same */
		doctor_world_expect(&w, "latency", DOCTOR_NOTE, "16 ms", "udev rules");
	doctor_world_release(&w);
}

/* ---- records ---- */

static void a_disk_is_judged_by_the_innermost_mount(void **state)
{
	static const struct {
		const char *type;
		enum doctor_verdict verdict;
		const char *what;
	} rows[] = {
		{ "ext4", DOCTOR_OK, "local" },
		{ "nfs4", DOCTOR_BAD, "network" },
		{ "cifs", DOCTOR_BAD, "network" },
		{ "fuse.sshfs", DOCTOR_BAD, "network" },
		{ "tmpfs", DOCTOR_BAD, "memory" },
		{ "overlay", DOCTOR_NOTE, "container" },
		{ "vfat", DOCTOR_NOTE, "journal" },
		{ "fuse.other", DOCTOR_NOTE, "another program" },
		{ "nilfs2", DOCTOR_OK, "nilfs2" },
	};
	struct doctor_world w;

	doctor_world_init(&w, *state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		/* The second is only a name that begins alike. */
		snprintf(text, sizeof(text),
			 "22 1 8:1 / / rw - xfs /dev/sda1 rw\n"
			 "23 1 8:2 / %.200s/d rw - nfs server:/x rw\n"
			 "24 1 8:3 / %.200s/db rw,relatime shared:1 - %s /dev/sdb1 rw\n",
			 w.t->root, w.t->root, rows[i].type);
		tree_file(w.t, "proc/self/mountinfo", text);
		doctor_world_expect(&w, "disk", rows[i].verdict, rows[i].what, NULL);
	}
	doctor_world_release(&w);
}

static void a_disk_with_less_than_a_start_needs_is_bad(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	w.machine.free_bytes = (INT64_C(64) << 20) - 1; /* db/room.h: 32 MB and the reserve */
	doctor_world_expect(&w, "disk", DOCTOR_BAD, "no run is started", "make room");
	w.machine.free_bytes++;
	doctor_world_expect(&w, "disk", DOCTOR_NOTE, "no run is started", "make room");
	tree_file(w.t, "db/flashline.db.reserve", "");
	w.machine.free_bytes = INT64_C(32) << 20;
	doctor_world_expect(&w, "disk", DOCTOR_NOTE, "no run is started", "make room");
	doctor_world_release(&w);
}

static void make_database(const struct doctor_world *w)
{
	struct db *db;
	struct err err;

	if (db_open(w->db, DB_WRITE, &db, &err))
		fail_msg("%s", err.text);
	db_close(db);
}

static void a_clock_before_the_newest_record_is_bad(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_expect(&w, "clock", DOCTOR_OK, NULL, NULL);
	make_database(&w);
	w.machine.now_utc_ms = clock_utc_ms() + 1000;
	doctor_world_expect(&w, "clock", DOCTOR_OK, "after the newest record", NULL);
	w.machine.now_utc_ms -= INT64_C(86400000);
	doctor_world_expect(&w, "clock", DOCTOR_BAD, "the newest record was made at",
			    "set the clock");
	doctor_world_release(&w);
}

static void a_clock_that_nobody_keeps_is_noted(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	w.machine.is_clock_kept = 0;
	doctor_world_expect(&w, "clock", DOCTOR_NOTE, "no time server", "timesyncd");
	tree_file(w.t, "proc/99/comm", "systemd-timesyn\n");
	doctor_world_expect(&w, "clock", DOCTOR_NOTE, "systemd-timesyncd runs", "timedatectl");
	tree_file(w.t, "run/systemd/timesync/synchronized", "");
	doctor_world_expect(&w, "clock", DOCTOR_OK, "set by a time server", NULL);
	doctor_world_release(&w);
}

static unsigned files_in(const struct tree *t, const char *folder)
{
	char path[160];
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", t->root, folder);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void a_look_at_a_sound_database_leaves_nothing_beside_it(void **state)
{
	struct doctor_world w;
	unsigned before;

	doctor_world_init(&w, *state);
	before = files_in(w.t, "db");
	doctor_world_expect(&w, "database", DOCTOR_OK, "no record yet", NULL);
	assert_int_equal(files_in(w.t, "db"), before);
	make_database(&w);
	before = files_in(w.t, "db");
	doctor_world_expect(&w, "database", DOCTOR_OK, "no page is damaged", NULL);
	doctor_world_expect(&w, "database", DOCTOR_OK, "ledger head ", NULL);
	assert_int_equal(files_in(w.t, "db"), before);
	doctor_world_release(&w);
}

static void a_station_that_works_does_not_stop_the_look(void **state)
{
	struct doctor_world w;
	struct db *db;
	struct err err;

	doctor_world_init(&w, *state);
	assert_int_equal(db_open(w.db, DB_WRITE, &db, &err), STATUS_OK);
	doctor_world_expect(&w, "database", DOCTOR_OK, "no page is damaged", NULL);
	db_close(db);
	doctor_world_release(&w);
}

static void a_damaged_database_and_one_of_another_program_are_bad(void **state)
{
	struct doctor_world w;
	FILE *file;

	doctor_world_init(&w, *state);
	make_database(&w);
	file = fopen(w.db, "r+");
	assert_non_null(file);
	for (long page = 2; page < 12; page++) {
		fseek(file, page * 4096, SEEK_SET);
		fputs("\001\002\003 somebody wrote here", file);
	}
	fclose(file);
	doctor_world_expect(&w, "database", DOCTOR_BAD, w.db, "docs/durability.md");
	tree_file(w.t, "db/flashline.db", "this is a letter, and no database at all\n");
	doctor_world_expect(&w, "database", DOCTOR_BAD, w.db, "--db");
	doctor_world_release(&w);
}

static void without_a_place_for_records_the_rest_is_looked_at(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	w.machine.db = "";
	w.machine.no_db = "no home folder is known";
	doctor_world_expect(&w, "database", DOCTOR_BAD, "no home folder", "--db");
	doctor_world_expect(&w, "disk", DOCTOR_NOTE, NULL, NULL);
	doctor_world_expect(&w, "clock", DOCTOR_OK, NULL, NULL);
	doctor_world_release(&w);
}

/* ---- the computer, and the whole ---- */

static void few_open_files_and_an_old_kernel_are_noted(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	doctor_world_expect(&w, "kernel", DOCTOR_OK, "6.1.0-18-amd64", NULL);
	tree_file(w.t, "proc/sys/kernel/osrelease", "5.10.0-8-amd64\n");
	doctor_world_expect(&w, "kernel", DOCTOR_NOTE, "before 6.0", NULL);
	tree_file(w.t, "proc/sys/kernel/osrelease", "5.4.0\n");
	doctor_world_expect(&w, "kernel", DOCTOR_NOTE, "CH340", NULL);
	w.machine.open_files = 64;
	doctor_world_expect(&w, "limits", DOCTOR_NOTE, "about 16 slots", "ulimit -n");
	doctor_world_release(&w);
}

static void the_whole_is_as_bad_as_its_worst_and_every_check_says_something(void **state)
{
	const struct doctor_result *results;
	struct doctor_world w;
	size_t count;

	doctor_world_init(&w, *state);
	doctor_world_look(&w, "access");
	assert_int_equal(doctor_verdict_of(w.doctor), DOCTOR_NOTE); /* no port, no rules */
	results = doctor_results(w.doctor, &count);
	for (size_t i = 0; i < count; i++) {
		assert_true(results[i].finding_count > 0);
		assert_true(results[i].findings[0].what[0] != '\0');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(results[i].name, results[k].name);
		for (size_t k = 0; k < results[i].finding_count; k++)
			assert_true(results[i].findings[k].verdict == DOCTOR_OK ||
				    results[i].findings[k].verdict == DOCTOR_NOTE);
	}
	w.machine.free_bytes = 0;
	doctor_world_look(&w, "disk");
	assert_int_equal(doctor_verdict_of(w.doctor), DOCTOR_BAD);
	doctor_world_release(&w);
}

/* The rules have them typed by hand. */
static void the_udev_rules_have_every_bridge_that_the_table_has(void **state)
{
	char text[16384];
	size_t count, length;
	const struct bridge *rows = bridge_rows(&count);
	FILE *file = fopen(SOURCE_DIR "/station/packaging/99-flashline.rules", "r");

	(void)state;
	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < BRIDGE_IDS_MAX && rows[i].ids[k].vid; k++) {
			const struct usb_id *id = &rows[i].ids[k];
			char vendor[64], product[8];
			bool is_there = id->vid == 0x303A &&
					strstr(text, "ATTRS{idVendor}==\"303a\", GOTO");
			const char *line = text;

			snprintf(vendor, sizeof(vendor), "ATTRS{idVendor}==\"%04x\"", id->vid);
			snprintf(product, sizeof(product), "%04x", id->pid);
			while (!is_there && (line = strstr(line, vendor)) != NULL) {
				const char *at = strstr(line, product), *end = strchr(line, '\n');

				is_there = at && end && at < end;
				line++;
			}
			if (!is_there)
				fail_msg("%04x:%04x (%s) is not in the udev rules", id->vid,
					 id->pid, rows[i].name);
		}
	}
}

int main(void)
{
#define IN_TREE(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)
	const struct CMUnitTest tests[] = {
		IN_TREE(a_port_of_a_group_that_the_user_is_not_in_is_bad),
		IN_TREE(a_user_who_was_added_after_the_login_has_to_log_in_again),
		IN_TREE(a_user_in_the_group_may_open_the_port),
		IN_TREE(a_port_without_a_node_is_bad),
		IN_TREE(a_program_that_has_a_port_open_is_named),
		IN_TREE(modem_manager_is_noted_until_udev_told_it_to_ignore_the_ports),
		IN_TREE(brltty_is_bad_when_a_rule_in_force_names_a_bridge),
		IN_TREE(gpsd_is_found_by_vendor_and_product_in_one_rule),
		IN_TREE(missing_udev_rules_are_noted_and_a_masked_file_is_missing),
		IN_TREE(another_driver_is_noted_and_a_bridge_without_a_port_is_bad),
		IN_TREE(a_latency_timer_that_may_be_written_is_ok),
		IN_TREE(a_disk_is_judged_by_the_innermost_mount),
		IN_TREE(a_disk_with_less_than_a_start_needs_is_bad),
		IN_TREE(a_clock_before_the_newest_record_is_bad),
		IN_TREE(a_clock_that_nobody_keeps_is_noted),
		IN_TREE(a_look_at_a_sound_database_leaves_nothing_beside_it),
		IN_TREE(a_station_that_works_does_not_stop_the_look),
		IN_TREE(a_damaged_database_and_one_of_another_program_are_bad),
		IN_TREE(without_a_place_for_records_the_rest_is_looked_at),
		IN_TREE(few_open_files_and_an_old_kernel_are_noted),
		IN_TREE(the_whole_is_as_bad_as_its_worst_and_every_check_says_something),
		cmocka_unit_test(the_udev_rules_have_every_bridge_that_the_table_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
