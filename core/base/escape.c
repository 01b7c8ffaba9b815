#include "core/base/escape.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { LONGEST_ESCAPE = 6 };

/* How many bytes the lead byte of a UTF-8 character announces; 0 if it can be none. */
static size_t utf8_announced(uint8_t lead)
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

size_t text_utf8_decode(const void *data, size_t n, uint32_t *character)
{
  const uint8_t *s = data;
  size_t length = utf8_announced(s[0]);
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

static bool turns_direction(uint32_t c)
{
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

size_t text_utf8_encode(char *out, uint32_t character)
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

/* A character a terminal or a reader could be misled by. */
static bool unsafe(uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || turns_direction(c);
}

static bool passes(const uint8_t *s, size_t n, size_t length, uint32_t c, enum text_keep keep)
{
  if (keep & TEXT_KEEP_NEWLINES) {
    if (c == '\n' || c == '\t' || (c == '\r' && n > length && s[length] == '\n'))
      return true;
  }
  if (c == '\\')
    return keep & TEXT_KEEP_BACKSLASH;
  return !unsafe(c);
}

/* Writes the escape for one byte, at most LONGEST_ESCAPE with the NUL; returns its length. */
static size_t escape_byte(char *out, uint8_t byte)
{
  const char *name = NULL;
  switch (byte) {
  case '\n':
    name = "\\n";
    break;
  case '\r':
    name = "\\r";
    break;
  case '\t':
    name = "\\t";
    break;
  case '\\':
    name = "\\\\";
    break;
  default:
    return (size_t)snprintf(out, LONGEST_ESCAPE, "\\x%02x", byte);
  }
  return (size_t)snprintf(out, LONGEST_ESCAPE, "%s", name);
}

/* One step of escaping: how many bytes of `s` go, and what they become. */
static size_t escape_step(const uint8_t *s, size_t n, enum text_keep keep, char *out, size_t *made)
{
  uint32_t c = 0;
  size_t length = text_utf8_decode(s, n, &c);
  if (length && passes(s, n, length, c, keep)) {
    memcpy(out, s, length);
    *made = length;
    return length;
  }
  *made = escape_byte(out, s[0]);
  return 1;
}

int text_escape(struct buffer *out, const void *data, size_t n, enum text_keep keep)
{
  const uint8_t *s = data;
  while (n > 0) {
    size_t made;
    uint8_t *end = buffer_reserve(out, LONGEST_ESCAPE);
    if (!end)
      return UV_ENOMEM;
    size_t used = escape_step(s, n, keep, (char *)end, &made);
    buffer_commit(out, made);
    s += used;
    n -= used;
  }
  return 0;
}

/* What the next bytes decide about: the start of a character, or a CR, which passes before LF. */
static size_t undecided(const uint8_t *s, size_t n)
{
  return n > 0 && s[n - 1] == '\r' ? 1 : text_utf8_tail(s, n);
}

int text_escape_part(struct buffer *out, struct buffer *part, const void *data, size_t n)
{
  int err = buffer_append(part, data, n);
  if (err)
    return err;
  size_t whole = part->length - undecided(buffer_data(part), part->length);
  err = text_escape(out, buffer_data(part), whole, TEXT_TERMINAL);
  if (whole > 0)
    buffer_consume(part, whole);
  return err;
}

size_t text_escape_to(char *out, size_t size, const void *data, size_t n)
{
  const uint8_t *s = data;
  size_t length = 0;
  while (n > 0) {
    char step[LONGEST_ESCAPE];
    size_t made;
    size_t used = escape_step(s, n, TEXT_LINE, step, &made);
    if (length + made >= size)
      break;
    memcpy(out + length, step, made);
    length += made;
    s += used;
    n -= used;
  }
  out[length] = '\0';
  return length;
}

int text_escape_json(struct buffer *out, const void *data, size_t n)
{
  const uint8_t *s = data;
  while (n > 0) {
    uint32_t c = 0;
    size_t length = text_utf8_decode(s, n, &c);
    int err;
    if (length == 0) {
      err = buffer_append(out, "\xef\xbf\xbd", 3);
      length = 1;
    } else if (unsafe(c)) {
      err = buffer_printf(out, "\\u%04x", (unsigned)c);
    } else if (c == '"' || c == '\\') {
      err = buffer_printf(out, "\\%c", (char)c);
    } else {
      err = buffer_append(out, s, length);
    }
    if (err)
      return err;
    s += length;
    n -= length;
  }
  return 0;
}

size_t text_utf8_tail(const void *data, size_t n)
{
  const uint8_t *s = data;
  for (size_t back = 1; back <= 3 && back <= n; back++) {
    uint8_t byte = s[n - back];
    if ((byte & 0xc0) == 0x80)
      continue;
    return utf8_announced(byte) > back ? back : 0;
  }
  return 0;
}
