/* Base64 (RFC 4648 4). Pure. */
#ifndef ANET_CORE_CODEC_BASE64_H
#define ANET_CORE_CODEC_BASE64_H

#include "core/base/buffer.h"
#include "core/base/span.h"

#include <stddef.h>
#include <sys/types.h>

/* Appends `n` bytes encoded, with padding. 0 or UV_ENOMEM with nothing added. */
int base64_encode(struct buffer *out, const void *data, size_t n);

/* At most `size` bytes; the count, or -1 for what is malformed or longer. Strict: no character
 * beyond the alphabet, whole padding, and nothing in the bits that it leaves over (3.5). */
ssize_t base64_decode(void *out, size_t size, struct span s);

#endif
