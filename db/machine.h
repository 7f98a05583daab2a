/*
 * Which computer this is, so that a copied database is noticed. Internal to db/.
 */
#ifndef DB_MACHINE_H
#define DB_MACHINE_H

#include "engine/base/digest.h"

#include <stdbool.h>

#define HOST_BYTES 256

void machine_host(char host[static HOST_BYTES]);
/* SHA-256, in hex, of what stands in /etc/machine-id (machine-id(5) asks that the number
 * itself is told to nobody). false: the computer has none. */
bool machine_digest(char text[static SHA256_TEXT_BYTES]);

#endif
