#include "cmd/chat/name.h"

#include "core/base/utf8.h"

#include <stddef.h>
#include <wctype.h>

struct character_range {
  uint32_t first, last;
};

/* White_Space and Default_Ignorable_Code_Point (Unicode 15, PropList and DerivedCoreProperties). */
static const struct character_range invisible[] = {
    {0x09, 0x0d},       {0x20, 0x20},       {0x85, 0x85},       {0xa0, 0xa0},     {0xad, 0xad},
    {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},   {0x1680, 0x1680}, {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f}, {0x3000, 0x3000},
    {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfff8},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_visible(uint32_t c)
{
  for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++) {
    if (c >= invisible[i].first && c <= invisible[i].last)
      return false;
  }
  return true;
}

bool name_is_valid(struct span s)
{
  size_t characters = 0;
  while (s.length > 0) {
    uint32_t c;
    size_t n = utf8_decode(s.data, s.length, &c);
    if (n == 0 || !is_visible(c) || ++characters > NAME_MOST_CHARACTERS)
      return false;
    s = span_skip(s, n);
  }
  return characters > 0;
}

static uint32_t lower(uint32_t c, locale_t locale)
{
  if (c < 0x80)
    return (uint32_t)ascii_lower((char)c);
  return locale ? (uint32_t)towlower_l((wint_t)c, locale) : c;
}

bool name_fold(char *key, struct span name, locale_t locale)
{
  bool valid = name_is_valid(name);
  while (valid && name.length > 0) {
    uint32_t c;
    size_t n = utf8_decode(name.data, name.length, &c);
    key += utf8_encode(key, lower(c, locale)); /* 4 bytes at most, as NAME_SIZE has them */
    name = span_skip(name, n);
  }
  *key = '\0';
  return valid;
}
