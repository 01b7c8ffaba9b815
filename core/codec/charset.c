#include "core/codec/charset.h"

#include "core/base/utf8.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

/* For each byte: that of U+FFFD, and no character of GBK becomes more. */
enum { MOST_GROWTH = 3 };

/* Into `out`, which has room for all there can be. The length, or 0 when it is not GBK from end to
 * end. Opened each time: what was loaded for it stays with the C library, and the rest is short. */
static size_t from_gbk(uint8_t *out, const uint8_t *line, size_t n)
{
  iconv_t gbk = iconv_open("UTF-8", "GBK");
  if (gbk == (iconv_t)-1)
    return 0;
  char *from = (char *)line, *to = (char *)out;
  size_t left = n, room = n * MOST_GROWTH;
  size_t failed = iconv(gbk, &from, &left, &to, &room);
  iconv_close(gbk);
  return failed == SIZE_MAX ? 0 : (size_t)(to - (char *)out);
}

static size_t replace_bad(uint8_t *out, const uint8_t *line, size_t n)
{
  static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */
  size_t made = 0;
  for (size_t i = 0; i < n;) {
    uint32_t character;
    size_t length = utf8_decode(line + i, n - i, &character);
    if (length == 0) {
      memcpy(out + made, replacement, sizeof replacement);
      made += sizeof replacement;
      i++;
      continue;
    }
    memcpy(out + made, line + i, length);
    made += length;
    i += length;
  }
  return made;
}

int charset_to_utf8(struct buffer *out, const void *line, size_t n)
{
  if (utf8_is_valid(line, n))
    return buffer_append(out, line, n);
  uint8_t *end = n <= SIZE_MAX / MOST_GROWTH ? buffer_reserve(out, n * MOST_GROWTH) : NULL;
  if (!end)
    return UV_ENOMEM;
  size_t made = from_gbk(end, line, n);
  if (made == 0)
    made = replace_bad(end, line, n);
  buffer_commit(out, made);
  return 0;
}
