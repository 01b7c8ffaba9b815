#include "core/codec/urlencoded.h"

#include "core/codec/percent.h"

#include <uv.h>

bool urlencoded_next(struct span *rest, struct span *name, struct span *value)
{
  while (rest->length > 0) {
    const char *end = memchr(rest->data, '&', rest->length);
    struct span field = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
    size_t used = field.length + (end != NULL);
    *rest = (struct span){rest->data + used, rest->length - used};
    if (field.length == 0)
      continue;
    const char *equals = memchr(field.data, '=', field.length);
    size_t n = equals ? (size_t)(equals - field.data) : field.length;
    size_t skip = n + (equals != NULL);
    *name = (struct span){field.data, n};
    *value = (struct span){field.data + skip, field.length - skip};
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
  for (size_t i = 0; i < encoded.length; i++) {
    int byte = percent_byte(encoded.data + i, encoded.length - i);
    if (byte >= 0)
      i += PERCENT_LENGTH - 1;
    else
      byte = encoded.data[i] == '+' ? ' ' : encoded.data[i];
    to[made++] = (uint8_t)byte;
  }
  buffer_commit(out, made);
  return 0;
}
