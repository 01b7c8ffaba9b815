/* Lines that people type, in whatever character set their terminals send, as UTF-8. */
#ifndef ANET_CORE_CODEC_CHARSET_H
#define ANET_CORE_CODEC_CHARSET_H

#include "core/base/buffer.h"

#include <stddef.h>

/* Appends a whole line as UTF-8. Well-formed UTF-8 (RFC 3629) stays as it is. Another line is
 * converted from GBK by iconv; if it is not GBK either, or iconv does not know GBK, each byte that
 * is not part of a well-formed character becomes U+FFFD. 0, or UV_ENOMEM with nothing added. */
int charset_to_utf8(struct buffer *out, const void *line, size_t n);

#endif
