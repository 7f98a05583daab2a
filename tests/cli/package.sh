# The Debian package: made from this build, installed into an empty root, complete, and removed
# without a trace.
# labels: nobench nothreads slow
. "$SOURCE/tests/cli/lib.sh"

# cpack alone: 'cmake --build . --target package' would first build what other tests are running.
expect_status 0 cpack --config "$BUILD/CPackConfig.cmake" -B "$work/made"
package=$(echo made/flashline_*_"$(dpkg --print-architecture)".deb)
[ -s "$package" ] || fail "no package: $(ls made)"
field() { dpkg-deb -f "$package" "$1"; }
equal "the package's name" "$(field Package)" flashline
equal "its version" "flashline $(field Version)" "$("$FLASHLINE" --version | head -n 1)"

# Everything that it needs is named, and is what this build is linked with.
needs=$(field Depends | sed 's/([^)]*)//g; s/,/ /g')
for library in libc6 libserialport0 libsqlite3-0 libyaml-0-2 zlib1g; do
	case " $needs " in
	*" $library "*) ;;
	*) fail "it does not depend on $library: $needs" ;;
	esac
done
for name in $needs; do
	dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' ||
		fail "it depends on $name, which this build does not have"
done

# As root by dpkg itself; the package's scripts see DPKG_ROOT and touch nothing of this machine.
root=$work/root
if [ "$(id -u)" = 0 ]; then
	mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates
	: >root/var/lib/dpkg/status
	on_root() {
		dpkg --root="$root" --log=/dev/null --force-depends --force-script-chrootless "$@"
	}
	expect_status 0 on_root -i "$package"
	expect_line "Status: install ok installed" root/var/lib/dpkg/status
else
	expect_status 0 dpkg-deb -x "$package" root
fi

"$root/usr/bin/flashline" doctor --json --db "$work/none.db" >doctor.out
expect_line '"event":"doctor_summary"' doctor.out
cmp -s "$SOURCE/station/packaging/99-flashline.rules" root/usr/lib/udev/rules.d/99-flashline.rules ||
	fail "the udev rules are not the source's"
gzip -dc root/usr/share/man/man1/flashline.1.gz | cmp -s - "$SOURCE/station/packaging/flashline.1" ||
	fail "the manual is not the source's"
cmp -s "$SOURCE/station/packaging/flashline@.service" root/usr/lib/systemd/system/flashline@.service ||
	fail "the service is not the source's"
[ -z "$(find root/etc -name '*flashline*.service')" ] || fail "the service is switched on"
doc=root/usr/share/doc/flashline
gzip -dc $doc/changelog.Debian.gz | head -n 1 | grep -qF "flashline ($(field Version))" || fail "changelog"
grep -q '^License: Apache-2.0' $doc/copyright || fail "copyright"
for page in README.md docs/doctor.md docs/troubleshooting.md; do
	[ -s "$doc/$page" ] || fail "$page is missing"
done
odd=$(find root/usr -type f ! -perm 644 ! -path '*/bin/flashline' ! -path '*/examples/hooks/*'
	find root/usr -type d ! -perm 755; find root/usr/bin $doc/examples/hooks ! -perm 755)
[ -z "$odd" ] || fail "odd rights: $odd"
links=$(objdump -p root/usr/bin/flashline | grep -E 'RPATH|RUNPATH')
[ -z "$links" ] || fail "it looks for libraries in $links"

# The service is one that systemd understands, and it is held back as docs/debian-package.md says.
# What is not there is the rest of a system, which the unit names.
if [ "$(id -u)" = 0 ] && command -v systemd-analyze >/dev/null; then
	systemd-analyze verify --man=no --root="$root" flashline@line-3.service >verify.out 2>&1
	grep -v -e 'Unit sysinit.target not found' -e '/bin/kill is not executable' verify.out |
		grep -i flashline && fail "systemd does not understand the service"
	systemd-analyze security --offline=true --threshold=25 --root="$root" flashline@line-3.service \
		>security.out 2>&1 || fail "the service may do more than it did: $(tail -n 1 security.out)"
fi
# Its user, in the groups that the udev rules and the service name.
if [ "$(id -u)" = 0 ] && command -v systemd-sysusers >/dev/null; then
	grep -q '^flashline:x:[0-9]*:[0-9]*:Flashline station:/var/lib/flashline:/usr/sbin/nologin$' \
		root/etc/passwd || fail "no user flashline: $(cat root/etc/passwd)"
	grep -q '^dialout:.*:flashline$' root/etc/group || fail "it is not in dialout"
	[ -d root/etc/flashline ] || fail "no folder for station files"
fi

if [ "$(id -u)" = 0 ]; then
	: >root/etc/flashline/line-3.yaml
	expect_status 0 on_root -r flashline
	[ -e root/etc/flashline/line-3.yaml ] || fail "a station file is gone with the program"
	rm root/etc/flashline/line-3.yaml
	expect_status 0 on_root -P flashline
	[ ! -e root/etc/flashline ] || fail "an empty /etc/flashline is left"
	# Users stay: files may be theirs.
	left=$(find root -type f ! -path 'root/var/lib/dpkg/*' ! -path 'root/etc/*')
	[ -z "$left" ] || fail "left behind: $left"
fi

exit 0
