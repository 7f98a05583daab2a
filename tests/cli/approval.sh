# Recipes are approved by file or digest, rules are set, and what is wrong is told exactly.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 40K
esp32_recipe board >board.yaml
flashline() { "$FLASHLINE" "$@" --db flashline.db; }
json() { sqlite3 :memory: "select json_extract(readfile('command.out'), '$1')"; } # path
decide() { # command and what it decides
	flashline "$@" --operator ann --reason "plan 4.2"
}

# A reader needs a database; a decision makes it.
expect_status 3 flashline recipe list
expect_line 'there is no database yet' command.err
expect_status 0 flashline recipe approve board.yaml --operator ann
digest=$(sql "select recipe_digest from recipe")
expect_line "^recipe board revision 1: approved$" command.out
expect_line "^  digest  *$digest$" command.out
for image in bootloader partitions app; do
	expect_line "firmware/$image.bin .*$(sha256sum "firmware/$image.bin" | cut -c1-64)$" command.out
done
equal "the approval" "$(sql "select state || ' ' || operator || ' ' || ifnull(reason, '-') from approval")" \
	"APPROVED ann -"

# What is approved is the content: with another image it is another recipe.
esp32_firmware 44K
expect_status 2 flashline recipe show board.yaml
expect_line 'is not in these records' command.err
expect_status 0 decide recipe retire "$(echo "$digest" | cut -c1-8)"
expect_line '^recipe board revision 1: retired$' command.out
expect_status 0 decide recipe approve "$digest"
expect_status 0 flashline recipe list
expect_line "^$(echo "$digest" | cut -c1-12)  board .*  approved  ann " command.out
equal "all that was decided" "$(sql "select group_concat(state) from (select state from approval
	order by approval_id)")" APPROVED,RETIRED,APPROVED

# The records have the recipe as the factory wrote it, to the byte.
expect_status 0 flashline recipe show "$digest" --json
equal "the source" "$(json '$.sources[0].yaml')" "$(cat board.yaml)"
equal "what it says" "$(json '$.approval') $(json '$.approval_by') $(json '$.runs') $(json '$.images[2].file')" \
	"approved ann 0 firmware/app.bin"

expect_status 2 flashline recipe retire "$digest" --operator ann
expect_line '^flashline: recipe retire: --reason TEXT is missing' command.err
expect_status 2 decide recipe approve 00000000
expect_line 'no recipe in the records has a digest that begins so' command.err
expect_status 2 decide recipe aprove board.yaml
expect_line "unknown action 'aprove': did you mean 'approve'\? Expected approve, retire, show or list" command.err
printf 'recipe: x\nrevison: 1\n' >bad.yaml
expect_status 2 decide recipe approve bad.yaml
expect_line '^bad.yaml:2:1: error: ' command.err
expect_status 2 flashline recipe approve board.yaml --operator "$(printf 'a\nb')"
expect_line '^flashline: --operator: has control characters' command.err
expect_status 2 flashline recipe list --reason none
expect_line 'recipe list: --reason has no meaning here' command.err
equal "nothing else was recorded" "$(sql "select count(*) from approval")" 3

# Rules: the usual words hold until somebody sets others; the newest counts.
rule() {
	flashline guard list --json | grep "\"rule\":\"$1\"" >command.out
	echo "$(json '$.word') $(json '$.operator')"
}
equal "approval" "$(rule approval)" "off "
expect_status 0 decide guard set approval required
equal "approval, set" "$(rule approval)" "required ann"
expect_status 0 decide guard set approval off
equal "approval, set again" "$(rule approval)" "off ann"
expect_status 0 decide guard set batch opened
expect_status 0 flashline guard list
expect_line '^batch  *opened  *any, opened  .* ann ' command.out
expect_line '^BATCH_FULL  ' command.out
expect_status 2 decide guard set aproval off
expect_line "unknown rule 'aproval': did you mean 'approval'\?" command.err
expect_status 2 decide guard set approval yes
expect_line "unknown word 'yes': expected 'off' .* or 'required'" command.err
expect_status 2 decide guard set approval
expect_line "RULE WORD is missing" command.err
equal "rules recorded" "$(sql "select count(*) from rule")" 3
equal "each decision is in the ledger" \
	"$(sql "select count(*) from ledger where kind in ('approval', 'rule')")" 6

# Another name for the same content is no other recipe, and that is said.
esp32_firmware 40K
esp32_recipe again | sed 's/^revision: 1/revision: 9/' >again.yaml
expect_status 0 decide recipe approve again.yaml
expect_line '^flashline: the content of again revision 9 is known as board revision 1: the records keep that name$' command.err
equal "recipes" "$(sql "select count(*) from recipe where recipe_digest='$digest'")" 1
expect_status 0 decide recipe approve board.yaml
equal "what a known name is told" "$(cat command.err)" ""
