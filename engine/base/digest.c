#include "engine/base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

/*
 * OpenSSL fails here only when it cannot allocate or MD5 is switched off by
 * the machine's policy; neither leaves anything sensible to do.
 */
static void require(int ok)
{
	if (!ok)
		abort();
}

void digest_md5(const uint8_t *data, size_t size, uint8_t md5[static MD5_BYTES])
{
	require(EVP_Digest(data, size, md5, NULL, EVP_md5(), NULL));
}

void digest_md5_repeated(const uint8_t *data, size_t size, size_t total,
			 uint8_t md5[static MD5_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	require(ctx != NULL);
	require(EVP_DigestInit_ex(ctx, EVP_md5(), NULL));
	for (size_t at = 0; at < total; at += size)
		require(EVP_DigestUpdate(ctx, data, total - at < size ? total - at : size));
	require(EVP_DigestFinal_ex(ctx, md5, NULL));
	EVP_MD_CTX_free(ctx);
}

void digest_sha256(const uint8_t *data, size_t size, uint8_t sha256[static SHA256_BYTES])
{
	require(EVP_Digest(data, size, sha256, NULL, EVP_sha256(), NULL));
}

struct digest *digest_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	require(ctx != NULL);
	require(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	return (struct digest *)ctx;
}

void digest_add(struct digest *d, const void *data, size_t size)
{
	require(EVP_DigestUpdate((EVP_MD_CTX *)d, data, size));
}

void digest_finish(struct digest *d, uint8_t sha256[static SHA256_BYTES])
{
	require(EVP_DigestFinal_ex((EVP_MD_CTX *)d, sha256, NULL));
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}
