#define _DEFAULT_SOURCE /* gethostname */
#include "db/machine.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID_DIGITS 32 /* machine-id(5) */

void machine_host(char host[static HOST_BYTES])
{
	memset(host, 0, HOST_BYTES);
	gethostname(host, HOST_BYTES - 1);
}

bool machine_digest(char text[static SHA256_TEXT_BYTES])
{
	uint8_t sha256[SHA256_BYTES], id[ID_DIGITS / 2];
	char digits[ID_DIGITS + 1] = "";
	FILE *file = fopen("/etc/machine-id", "re");

	if (!file)
		return false;
	size_t len = fread(digits, 1, ID_DIGITS, file);
	fclose(file);
	if (len != ID_DIGITS || !hex_bytes(digits, id, sizeof(id))) /* "uninitialized" */
		return false;
	digest_sha256((const uint8_t *)digits, ID_DIGITS, sha256);
	hex_text(sha256, sizeof(sha256), text);
	return true;
}
