#include "core/codec/urlencoded.h"

#include "core/codec/percent.h"

#include <uv.h>

/* Takes what stands before the first `separator` off `rest`, and the separator; without one, all
 * of it. */
static struct span take_until(struct span *rest, char separator)
{
  const char *end = memchr(rest->data, separator, rest->length);
  struct span taken = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
  *rest = span_skip(*rest, taken.length + (end != NULL));
  return taken;
}

bool urlencoded_next(struct span *rest, struct span *name, struct span *value)
{
  while (rest->length > 0) {
    struct span field = take_until(rest, '&');
    if (field.length == 0)
      continue;
    *name = take_until(&field, '=');
    *value = field;
    return true;
  }
  return false;
}

int urlencoded_decode(struct buffer *out, struct span encoded)
{
  if (encoded.length == 0)
    return 0;
  uint8_t *to = buffer_reserve(out, encoded.length); /* it never grows */
  if (!to)
    return UV_ENOMEM;
  size_t made = 0;
  while (encoded.length > 0) {
    bool space = *encoded.data == '+';
    int byte = percent_next(&encoded);
    to[made++] = space ? ' ' : (uint8_t)byte;
  }
  buffer_commit(out, made);
  return 0;
}
