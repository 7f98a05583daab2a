# In a chroot whose / is no mount point m5sim works as elsewhere, or says what to do.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

[ "$(id -u)" = 0 ] && own=-m || own=-Urm
unshare $own true 2>unshare.err || { echo "no mount namespace on this machine"; exit 77; }
mkdir -p root/usr root/proc root/sys root/dev root/tmp root/bench root/build
for link in bin lib lib64 sbin; do
	if [ -L "/$link" ]; then cp -P "/$link" root; else mkdir -p "root/$link"; fi
done
cat >enter.sh <<'END'
cd root || exit 9
for folder in usr dev sys bin lib lib64 sbin $with; do
	[ -L "$folder" ] || [ ! -d "/$folder" ] || mount --rbind "/$folder" "$folder" || exit 9
done
mount --bind "$BUILD" build && exec chroot . "$@"
END
printf 'units:\n  - {chip: esp32c3, bridge: usb-jtag, reenumerates: true, hand_download: true}\n' >root/bench/bench.yaml
export with=proc
expect_status 0 unshare $own sh enter.sh /build/m5sim run --probe
expect_status 0 unshare $own sh enter.sh sh -c \
	'cd /bench && /build/m5sim run bench.yaml -- sh -c "pwd; ls / /dev | grep -xE \"bench|ttyACM0\"; /build/tests/cli/port_script open:/dev/ttyACM0 set:none set:rts until:/sys/class/tty/ttyACM1 get"'
equal "what the command sees" "$(tr '\n' ' ' <command.out)" "/bench bench ttyACM0 open: ok set: ok set: ok get: EIO "
# The address sanitizer itself does not work without /proc.
[ -z "${SANITIZE:-}" ] || exit 0
with=
expect_status 77 unshare $own sh enter.sh /build/m5sim run --probe
expect_line '^m5sim: there is no /proc here$' command.err
expect_line 'mount -t proc' command.err
