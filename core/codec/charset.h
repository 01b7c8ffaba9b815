/* Lines of people, whatever their terminals send, as UTF-8. */
#ifndef ANET_CORE_CODEC_CHARSET_H
#define ANET_CORE_CODEC_CHARSET_H

#include "core/base/buffer.h"

#include <stddef.h>

/* Appends a whole line as UTF-8: as it is when it is well-formed (RFC 3629); else what iconv makes
 * of it as GBK; else with U+FFFD for each byte that is no part of a well-formed character. Where
 * iconv knows no GBK, the last. 0 or UV_ENOMEM with nothing added. */
int charset_to_utf8(struct buffer *out, const void *line, size_t n);

#endif
