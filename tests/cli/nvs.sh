# An NVS partition from a CSV file: Espressif's bytes, a unit's own values, errors with places.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"
golden="$SOURCE/tests/recipes/nvs"

# The same bytes as Espressif's generator, to a file, to standard output, by the usual name.
expect_status 0 "$FLASHLINE" nvs "$golden/every_encoding.csv" --size 0x3000 -o out.bin
expect_line "^out.bin: 0x3000 bytes, 40 keys in 3 namespaces, 1 of 2 pages$" command.out
cmp out.bin "$golden/every_encoding.bin" || fail "out.bin differs"
expect_status 0 "$FLASHLINE" nvs "$golden/every_encoding.csv" --size 12K -o -
cmp command.out "$golden/every_encoding.bin" || fail "standard output differs"
expect_status 0 "$FLASHLINE" nvs "$golden/version_1.csv" --size 0x4000 --nvs-version 1
cmp version_1.bin "$golden/version_1.bin" || fail "version_1.bin differs"
expect_status 3 "$FLASHLINE" nvs "$golden/version_1.csv" --size 0x4000
expect_line "version_1.bin: is there already: name it with --output" command.err
expect_status 0 "$FLASHLINE" nvs "$golden/read_only_1.csv" --size 0x1000 -o out.bin
expect_line "has to be marked readonly" command.err

cat >unit.csv <<'END'
key,type,encoding,value
unit,namespace,,
serial,data,string,{serial}
number,data,u32,{number}
cert,file,string,{serial}.pem
END
echo certificate >SN7.pem
expect_status 2 "$FLASHLINE" nvs unit.csv --size 0x3000 -o unit.bin --set number=7
expect_line "^unit.csv:3:20: error: key 'serial': nothing is known for \{serial\}" command.err
expect_line "^unit.csv:5:18: error: key 'cert': nothing is known for \{serial\}" command.err
[ -e unit.bin ] && fail "an image in spite of errors"
expect_status 0 "$FLASHLINE" nvs unit.csv --size 0x3000 -o unit.bin --set number=0007 --set serial=SN7
grep -qa SN7 unit.bin || fail "the serial number is not in the image"
grep -qa certificate unit.bin || fail "the file is not in the image"

# No value is ever shown.
secret="--set serial=SN7 --set number=hunter2"
expect_status 2 "$FLASHLINE" nvs unit.csv --size 0x3000 -o unit2.bin $secret
expect_line "unit.csv:4:17: key 'number': the value \(7 characters\) is no whole number" command.err
grep -q hunter2 command.err command.out && fail "a value was shown"
expect_status 2 "$FLASHLINE" nvs unit.csv --size 0x3000 -o unit2.bin $secret --set seril=hunter2
expect_line "set seril: no value in unit.csv has \{seril\}" command.err
grep -q hunter2 command.err command.out && fail "a value was shown"
expect_status 2 "$FLASHLINE" nvs unit.csv --size 0x3000 --set 'no name=hunter2'
expect_line "expected NAME=VALUE" command.err
grep -q hunter2 command.err command.out && fail "a value was shown"
expect_status 2 "$FLASHLINE" nvs unit.csv --size 0x3000 $secret --set number=hunter2
expect_line "set number is given twice" command.err
grep -q hunter2 command.err command.out && fail "a value was shown"
[ -e unit2.bin ] && fail "an image in spite of errors"

expect_status 2 "$FLASHLINE" nvs unit.csv
expect_line "size is missing" command.err
expect_status 2 "$FLASHLINE" nvs unit.csv --size 6M7
expect_line "size 6M7: expected bytes" command.err
expect_status 2 "$FLASHLINE" nvs "$golden/every_encoding.csv" --size 0x3001 -o x.bin
expect_line "expected a multiple of 0x1000" command.err
expect_status 2 "$FLASHLINE" nvs "$golden/blob_three_pages.csv" --size 0x3000 -o x.bin
expect_line ":4:17: the entries need 3 pages .* 0x4000 bytes would be enough" command.err
expect_status 3 "$FLASHLINE" nvs no.csv --size 0x3000
expect_line "^no.csv: error: No such file" command.err
expect_status 3 "$FLASHLINE" nvs unit.csv --size 0x3000 -o no/folder.bin --set number=1 --set serial=SN7
exit 0
