#include "core/base/escape.h"

#include "core/base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { LONGEST_ESCAPE = 6 };

static bool turns_direction(uint32_t c)
{
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

/* A character a terminal or a reader could be misled by. */
static bool unsafe(uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || turns_direction(c);
}

static bool passes(const uint8_t *s, size_t n, size_t length, uint32_t c, enum escape_mode mode)
{
  if (mode == ESCAPE_TERMINAL) {
    if (c == '\n' || c == '\t' || (c == '\r' && n > length && s[length] == '\n'))
      return true;
  }
  if (c == '\\')
    return mode != ESCAPE_LINE;
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
static size_t escape_step(const uint8_t *s, size_t n, enum escape_mode mode, char *out,
                          size_t *made)
{
  uint32_t c = 0;
  size_t length = utf8_decode(s, n, &c);
  if (length && passes(s, n, length, c, mode)) {
    memcpy(out, s, length);
    *made = length;
    return length;
  }
  *made = escape_byte(out, s[0]);
  return 1;
}

int escape_text(struct buffer *out, const void *data, size_t n, enum escape_mode mode)
{
  const uint8_t *s = data;
  while (n > 0) {
    size_t made;
    uint8_t *end = buffer_reserve(out, LONGEST_ESCAPE);
    if (!end)
      return UV_ENOMEM;
    size_t used = escape_step(s, n, mode, (char *)end, &made);
    buffer_commit(out, made);
    s += used;
    n -= used;
  }
  return 0;
}

/* How many bytes at the end only the next bytes decide about: the start of a character, or a CR,
 * which passes before LF. */
static size_t undecided(const uint8_t *s, size_t n)
{
  return n > 0 && s[n - 1] == '\r' ? 1 : utf8_tail(s, n);
}

int escape_part(struct buffer *out, struct buffer *part, const void *data, size_t n)
{
  int err = buffer_append(part, data, n);
  if (err)
    return err;
  size_t whole = part->length - undecided(buffer_data(part), part->length);
  err = escape_text(out, buffer_data(part), whole, ESCAPE_TERMINAL);
  if (whole > 0)
    buffer_consume(part, whole);
  return err;
}

size_t escape_to(char *out, size_t size, const void *data, size_t n)
{
  const uint8_t *s = data;
  size_t length = 0;
  while (n > 0) {
    char step[LONGEST_ESCAPE];
    size_t made;
    size_t used = escape_step(s, n, ESCAPE_LINE, step, &made);
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

int escape_json(struct buffer *out, const void *data, size_t n)
{
  const uint8_t *s = data;
  while (n > 0) {
    uint32_t c = 0;
    size_t length = utf8_decode(s, n, &c);
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
