/* Checksums, by OpenSSL's EVP, which is opened on first use. */
#ifndef ANET_CORE_CRYPTO_DIGEST_H
#define ANET_CORE_CRYPTO_DIGEST_H

#include "core/base/error.h"
#include "core/base/span.h"

#include <stddef.h>

enum { DIGEST_LONGEST = 64 }; /* bytes; of SHA-512 */

struct digest;

/* The length in bytes of an algorithm, `sha256`, `sha1`, `sha512` or `md5`, whatever its case; 0
 * for another name. Opens nothing. */
size_t digest_length(struct span name);

/* NULL, and `e` says why: no such algorithm, no memory, OpenSSL cannot be opened. */
struct digest *digest_new(struct span name, struct error *e);

/* 0 or a negative errno. */
int digest_update(struct digest *d, const void *data, size_t n);

/* The sum, as lower-case hexadecimal digits with NUL at the end. Nothing can be added afterwards.
 * 0 or a negative errno. */
int digest_finish(struct digest *d, char hex[2 * DIGEST_LONGEST + 1]);

void digest_free(struct digest *d); /* NULL does nothing */

#endif
