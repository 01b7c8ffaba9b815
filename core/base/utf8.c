#include "core/base/utf8.h"

#include <string.h>

/* How many bytes a character with this first byte has; 0 if none begins with it. */
static size_t announced(uint8_t lead)
{
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf)
    return 2;
  if (lead >= 0xe0 && lead <= 0xef)
    return 3;
  if (lead >= 0xf0 && lead <= 0xf4)
    return 4;
  return 0;
}

size_t utf8_decode(const void *data, size_t n, uint32_t *character)
{
  const uint8_t *s = data;
  size_t length = announced(s[0]);
  if (length == 0 || length > n)
    return 0;
  if (length == 1) {
    *character = s[0];
    return 1;
  }
  uint32_t c = s[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80)
      return 0;
    c = c << 6 | (s[i] & 0x3f);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
    return 0;
  *character = c;
  return length;
}

size_t utf8_encode(char *out, uint32_t character)
{
  static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  if (character < 0x80) {
    out[0] = (char)character;
    return 1;
  }
  size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (character & 0x3f));
    character >>= 6;
  }
  out[0] = (char)(leads[length] | character);
  return length;
}

/* How many bytes come before one that is not ASCII: most texts have none. */
static size_t skip_ascii(const uint8_t *s, size_t n)
{
  size_t i = 0;
  for (uint64_t eight; n - i >= sizeof eight; i += sizeof eight) {
    memcpy(&eight, s + i, sizeof eight);
    if (eight & 0x8080808080808080u)
      break;
  }
  while (i < n && s[i] < 0x80)
    i++;
  return i;
}

bool utf8_is_valid(const void *data, size_t n)
{
  const uint8_t *s = data;
  size_t i = skip_ascii(s, n);
  while (i < n) {
    uint32_t character;
    size_t length = utf8_decode(s + i, n - i, &character);
    if (length == 0)
      return false;
    i += length;
    i += skip_ascii(s + i, n - i);
  }
  return true;
}

size_t utf8_tail(const void *data, size_t n)
{
  const uint8_t *s = data;
  for (size_t back = 1; back <= 3 && back <= n; back++) {
    uint8_t byte = s[n - back];
    if ((byte & 0xc0) == 0x80)
      continue;
    return announced(byte) > back ? back : 0;
  }
  return 0;
}
