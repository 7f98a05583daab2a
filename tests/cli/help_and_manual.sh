# Every command explains itself, and the manual page knows every command and every option.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

manual="$SOURCE/station/packaging/flashline.1"
expect_status 0 "$FLASHLINE" --help
cp command.out program.out
commands=$(sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' program.out)
[ "$(echo "$commands" | wc -l)" -ge 23 ] || fail "commands: $commands"
for command in $commands; do
	roff=$(echo "$command" | sed 's/-/\\-/g') # as the manual spells it: audit\-pack
	grep -qxF -- ".B flashline $roff" "$manual" || fail "$command is not in the synopsis of the manual"
	grep -qxF -- ".B $roff" "$manual" || fail "$command is not explained in the manual"
	[ "$command" = help ] && continue
	expect_status 0 "$FLASHLINE" "$command" --help
	expect_line "^usage: flashline $command" command.out
	expect_status 0 "$FLASHLINE" help "$command"
	for option in $(sed -n 's/^  .... *\(--[a-z-]*\).*/\1/p' command.out); do
		grep -qF -- "$(echo "$option" | sed 's/-/\\-/g')" "$manual" || fail "$option is not in the manual"
	done
done

# The summaries stand under each other, however long the names and operands are.
columns=$(awk -F'   *' '/^  [a-z]/ { print index($0, $NF) }' program.out | sort -u)
[ "$(echo "$columns" | wc -l)" = 1 ] || fail "summaries begin in several columns: $columns"

# The last command of the list is as near as the first.
expect_status 2 "$FLASHLINE" bakcup
expect_line "did you mean 'backup'" command.err
