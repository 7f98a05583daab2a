# Where Linux allows no namespace, m5sim ends with 77 and says which switch is in the way.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

# A user namespace in which no further one may be made, and no right to mount.
cat >forbid.sh <<'END'
echo 0 >/proc/sys/user/max_user_namespaces || exit 3
exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"
END
# Where no user namespace can be made at all (a container, a chroot), the missing right to mount is enough.
if unshare -Ur true 2>unshare.err; then
	forbidden="unshare -Ur sh forbid.sh" switch='user.max_user_namespaces is 0: sysctl -w user.max_user_namespaces=15000'
else
	forbidden="setpriv --bounding-set -sys_admin --inh-caps -sys_admin" switch='^m5sim: '
fi
printf 'units:\n  - {chip: esp32}\n' >bench.yaml
for words in "run --probe" "run bench.yaml -- true"; do
	# shellcheck disable=SC2086
	expect_status 77 $forbidden "$M5SIM" $words
	expect_line '^m5sim: this machine does not allow the private /dev and /sys' command.err
	expect_line "$switch" command.err
	expect_line 'or run m5sim as root' command.err
done
expect_status 0 "$M5SIM" run --probe
