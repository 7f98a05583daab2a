/*
 * MD5 (the chip's own proof) and SHA-256 (identity of recipes and images).
 * The one door to OpenSSL's digests.
 */
#ifndef ENGINE_BASE_DIGEST_H
#define ENGINE_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define MD5_BYTES 16
#define SHA256_BYTES 32
#define SHA256_TEXT_BYTES (2 * SHA256_BYTES + 1)

void digest_md5(const uint8_t *data, size_t size, uint8_t md5[static MD5_BYTES]);
/* Of `total` bytes that repeat data over and over. */
void digest_md5_repeated(const uint8_t *data, size_t size, size_t total,
			 uint8_t md5[static MD5_BYTES]);
void digest_sha256(const uint8_t *data, size_t size, uint8_t sha256[static SHA256_BYTES]);

/* SHA-256 of data that arrives in pieces. digest_finish also frees. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *data, size_t size);
void digest_finish(struct digest *d, uint8_t sha256[static SHA256_BYTES]);

#endif
