#include "core/codec/percent.h"

size_t percent_decode(char *out, struct span s)
{
  size_t n = 0;
  while (s.length > 0)
    out[n++] = (char)percent_next(&s);
  return n;
}
