# labels: nobench
# Wrong command lines and recipes end with 2 and say what is wrong; nothing is written.
. "$SOURCE/tests/cli/lib.sh"

expect_status 2 "$FLASHLINE"
expect_status 2 "$FLASHLINE" --
expect_line "flashline" command.err
expect_status 2 "$FLASHLINE" flush
expect_line "flash" command.err
expect_status 2 "$FLASHLINE" flash
expect_status 2 "$FLASHLINE" flash missing.yaml --all --db flashline.db
expect_line "missing.yaml" command.err
expect_status 2 "$FLASHLINE" flash --jobs 0 missing.yaml
expect_status 2 "$FLASHLINE" flash --no-such-option missing.yaml
expect_status 2 "$FLASHLINE" log --last -3 --db flashline.db
expect_status 2 "$FLASHLINE" export --format xls -o x --db flashline.db
# What was typed is told without its commands to the terminal.
expect_status 2 "$FLASHLINE" log --last "$(printf '\033[31m\377\342\200\256')" --db flashline.db
expect_line '^flashline: --last \?\[31m\?\?: expected' command.err
expect_status 0 "$FLASHLINE" --version
expect_status 0 "$FLASHLINE" --help
for command in ports identify flash verify check products log export slots; do
	expect_status 0 "$FLASHLINE" "$command" --help
	[ -s command.out ] || fail "$command --help is empty"
done
expect_status 0 "$FLASHLINE" products
expect_line 'm5stack/core2' command.out

expect_status 0 "$FLASHLINE" products m5stack/core2 --json
expect_line '^\{.*"event":"products","products":\[\{"key":"m5stack/core2",[^]]*\][^}]*' command.out
[ "$(wc -l <command.out)" = 1 ] || fail "products KEY --json is not one line"
expect_status 2 "$FLASHLINE" products m5stack/none --json
expect_status 2 "$FLASHLINE" check any.yaml --products no-such-folder
expect_line '^flashline: --products no-such-folder: there is no such folder' command.err

# A station file is checked with its recipes; as a recipe it is refused by name.
cat >line.yaml <<END
station: line-3
recipe: [bad.yaml, nobody.yaml]
lockouts: {disk: 2GB}
END
expect_status 2 "$FLASHLINE" check line.yaml
expect_line "^line.yaml:2:20: error: 'recipe' is 'nobody.yaml': there is no such file" command.err
sed -i 's/, nobody.yaml//' line.yaml
touch bad.yaml
expect_status 2 "$FLASHLINE" check line.yaml
expect_line '^station  line-3' command.out
expect_line '^bad.yaml:1:1: error: ' command.err
expect_status 2 "$FLASHLINE" flash line.yaml --all --db flashline.db
expect_line '^flashline: line.yaml: a station file, not a recipe' command.err
# Whoever has read enough is not told that the rest cannot be written.
{
	trap '' PIPE
	while echo 2>/dev/null; do :; done
	"$FLASHLINE" products 2>pipe.err
} | :
[ ! -s pipe.err ] || fail "a pipe without a reader: $(cat pipe.err)"

cat >bad.yaml <<END
recipe: bad
revision: x
colour: red
target: {chip: esp99}
images:
  - {file: nowhere.bin, address: 0x1000}
END
expect_status 2 "$FLASHLINE" check bad.yaml
expect_line '^bad.yaml:2:[0-9]+: error: ' command.err
expect_line '^bad.yaml:3:[0-9]+: error: ' command.err
expect_line '^bad.yaml:4:[0-9]+: error: .*esp32' command.err
expect_line '^bad.yaml:6:[0-9]+: error: .*nowhere.bin' command.err

# 100 MB of nesting is refused at once, by name and place.
head -c 100000000 /dev/zero | tr '\0' '[' >nested.yaml
expect_status 2 "$FLASHLINE" check nested.yaml
equal "lines of the answer" "$(grep -c . command.err)" 1
expect_line '^nested.yaml:' command.err
[ ! -e flashline.db ] || fail "a database was made"
