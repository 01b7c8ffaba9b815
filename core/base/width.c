#include "core/base/width.h"

#include "core/base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

struct range {
  uint32_t first, last;
};

enum { LEAST_TO_SHOW_A_CUT = 8 };

/* Wide and fullwidth (Unicode UAX 11), without the holes between them. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97c},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2ff}, {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

/* Marks over and under other characters, joiners and variation selectors. */
static const struct range joining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},   {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20f0}, {0x302a, 0x302d},   {0x3099, 0x309a},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

static bool is_among(const struct range *ranges, size_t n, uint32_t c)
{
  for (size_t i = 0; i < n && ranges[i].first <= c; i++) {
    if (c <= ranges[i].last)
      return true;
  }
  return false;
}

size_t width_of_character(uint32_t c)
{
  if (c < 0x300)
    return 1;
  if (is_among(joining, sizeof joining / sizeof *joining, c))
    return 0;
  return is_among(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
}

size_t width_fit(struct span text, size_t columns, size_t *taken)
{
  size_t used = 0;
  *taken = 0;
  while (used < text.length) {
    uint32_t c = 0;
    size_t length = utf8_decode(text.data + used, text.length - used, &c);
    size_t more = width_of_character(c);
    if (*taken + more > columns)
      break;
    used += length ? length : 1;
    *taken += more;
  }
  return used;
}

size_t width_of(struct span text)
{
  size_t columns;
  width_fit(text, SIZE_MAX, &columns);
  return columns;
}

int width_append(struct buffer *out, struct span text, size_t columns)
{
  const char *behind = "";
  size_t taken, used = width_fit(text, columns, &taken);
  if (used < text.length && columns >= LEAST_TO_SHOW_A_CUT) {
    behind = "...";
    used = width_fit(text, columns - 3, &taken);
    taken += 3;
  }
  int err = buffer_append(out, text.data, used);
  return err ? err : buffer_printf(out, "%s%*s", behind, (int)(columns - taken), "");
}
