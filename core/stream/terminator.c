#include "core/stream/terminator.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

int terminator_set_bytes(struct terminator *t, const void *bytes, size_t n)
{
  uint8_t *copy = NULL;
  if (n > TERMINATOR_LONGEST)
    return UV_EINVAL;
  if (n > 0) {
    copy = malloc(n);
    if (!copy)
      return UV_ENOMEM;
    memcpy(copy, bytes, n);
  }
  free(t->bytes);
  *t = (struct terminator){
      .kind = n ? TERMINATOR_BYTES : TERMINATOR_NONE, .bytes = copy, .length = n};
  return 0;
}

int terminator_set_length(struct terminator *t, int64_t n)
{
  if (n < 0)
    return UV_EINVAL;
  terminator_release(t);
  t->kind = TERMINATOR_LENGTH;
  t->left = (uint64_t)n;
  return 0;
}

void terminator_release(struct terminator *t)
{
  free(t->bytes);
  *t = (struct terminator){0};
}

size_t terminator_prefix_at_end(const struct terminator *t, const void *data, size_t n)
{
  if (t->kind != TERMINATOR_BYTES)
    return 0;
  size_t length = t->length - 1 < n ? t->length - 1 : n;
  const uint8_t *end = (const uint8_t *)data + n;
  while (length > 0 && memcmp(end - length, t->bytes, length) != 0)
    length--;
  return length;
}
