/* Text made fit for a page. Pure. */
#ifndef ANET_CORE_CODEC_HTML_H
#define ANET_CORE_CODEC_HTML_H

#include "core/base/buffer.h"

/* Appends `n` bytes as HTML text or attribute value: & < > " ' escaped; control characters and
 * each byte of ill-formed UTF-8 become U+FFFD. 0 or UV_ENOMEM. */
int html_escape(struct buffer *out, const void *data, size_t n);

#endif
