#include "core/codec/html.h"

#include "core/base/utf8.h"

#include <stdint.h>
#include <string.h>

/* What a character becomes in HTML; NULL when it stays. */
static const char *html_for(uint32_t c)
{
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) ? "\xef\xbf\xbd" : NULL;
  }
}

int html_escape(struct buffer *out, const void *data, size_t n)
{
  const uint8_t *s = data;
  size_t kept = 0, i = 0; /* what stays is appended in one piece: from `kept` to `i` */
  while (i < n) {
    uint32_t c;
    size_t length = utf8_decode(s + i, n - i, &c);
    const char *instead = length ? html_for(c) : "\xef\xbf\xbd";
    if (!instead) {
      i += length;
      continue;
    }
    int err = buffer_append(out, s + kept, i - kept);
    if (!err)
      err = buffer_append(out, instead, strlen(instead));
    if (err)
      return err;
    i += length ? length : 1;
    kept = i;
  }
  return kept < n ? buffer_append(out, s + kept, n - kept) : 0;
}
