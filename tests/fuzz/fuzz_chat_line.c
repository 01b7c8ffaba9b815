/* What a member of a room sends, on its way to the others: the same however it is cut, and nothing
 * in it drives a terminal. */
#include "core/base/escape.h"
#include "core/base/utf8.h"
#include "core/codec/charset.h"
#include "core/codec/telnet.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

static void check(bool right)
{
  if (!right)
    abort();
}

static const uint8_t *bytes_of(const struct buffer *b)
{
  return b->length > 0 ? buffer_data(b) : (const uint8_t *)"";
}

/* Pieces of 1 to `most` bytes, of lengths that a small generator draws from `seed`. */
static size_t next_piece(uint32_t *seed, size_t most)
{
  *seed = *seed * 1664525u + 1013904223u;
  return 1 + (*seed >> 16) % most;
}

/* Each piece is alone in its memory, so that what lies beside it is not touched unseen. */
static struct buffer filter(const uint8_t *input, size_t n, size_t most, uint32_t seed)
{
  struct telnet_filter f = {0};
  struct buffer out = {0};
  for (size_t i = 0, given; i < n; i += given) {
    given = next_piece(&seed, most);
    if (given > n - i)
      given = n - i;
    uint8_t *piece = malloc(given);
    check(piece != NULL);
    memcpy(piece, input + i, given);
    size_t left = telnet_filter(&f, piece, given);
    check(left <= given && buffer_append(&out, piece, left) == 0);
    free(piece);
  }
  check(f.counted <= TELNET_LONGEST_PARAMETERS);
  return out;
}

static bool same(const struct buffer *a, const void *data, size_t n)
{
  return a->length == n && memcmp(bytes_of(a), data, n) == 0;
}

static void check_cuts(const uint8_t *input, size_t n, const struct buffer *whole)
{
  static const size_t most[] = {1, 2, 7, 64, 1024};
  for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
    struct buffer cut = filter(input, n, most[i], (uint32_t)(n * 31 + (n ? input[n / 2] : 0)));
    check(same(&cut, bytes_of(whole), whole->length));
    buffer_release(&cut);
  }
}

/* Of who sends no commands, nothing is missing. */
static void check_complete(const uint8_t *input, size_t n, const struct buffer *whole)
{
  if (n == 0 || memchr(input, 0xff, n))
    return;
  check(whole->length == n);
  for (size_t i = 0; i < n; i++) {
    bool ends_line = i > 0 && input[i] == '\0' && input[i - 1] == '\r';
    check(bytes_of(whole)[i] == (ends_line ? '\n' : input[i]));
  }
}

static bool is_utf8(const uint8_t *s, size_t n)
{
  uint32_t c;
  for (size_t i = 0, length; i < n; i += length) {
    length = utf8_decode(s + i, n - i, &c);
    if (length == 0)
      return false;
  }
  return true;
}

/* Controls, C1 among them, and the marks of UAX 9, by their bytes. */
static bool misleads(const uint8_t *s, size_t n)
{
  static const char *const marks[] = {
      "\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c",
      "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
  };
  for (size_t i = 0; i < n; i++) {
    if (s[i] < 0x20 || s[i] == 0x7f || (s[i] == 0xc2 && i + 1 < n && s[i + 1] < 0xa0))
      return true;
  }
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (memmem(s, n, marks[i], strlen(marks[i])))
      return true;
  }
  return false;
}

/* A line is passed on, and comes to who does the same with it again. */
static void check_line(const uint8_t *line, size_t n)
{
  struct buffer utf8 = {0}, shown = {0}, again = {0};
  check(charset_to_utf8(&utf8, line, n) == 0);
  check(utf8.length <= 3 * n && (n == 0 || utf8.length > 0));
  check(is_utf8(bytes_of(&utf8), utf8.length));
  check(!is_utf8(line, n) || same(&utf8, line, n));

  check(escape_text(&shown, bytes_of(&utf8), utf8.length, ESCAPE_CONTROLS) == 0);
  check(shown.length >= utf8.length && shown.length <= 4 * utf8.length);
  check(is_utf8(bytes_of(&shown), shown.length));
  check(!misleads(bytes_of(&shown), shown.length));

  buffer_release(&utf8);
  check(charset_to_utf8(&utf8, bytes_of(&shown), shown.length) == 0);
  check(escape_text(&again, bytes_of(&utf8), utf8.length, ESCAPE_CONTROLS) == 0);
  check(same(&again, bytes_of(&shown), shown.length));
  buffer_release(&utf8);
  buffer_release(&shown);
  buffer_release(&again);
}

/* Without its end, LF or CR LF. */
static void check_lines(const uint8_t *s, size_t n)
{
  while (n > 0) {
    const uint8_t *newline = memchr(s, '\n', n);
    size_t length = newline ? (size_t)(newline - s) : n;
    bool has_cr = newline && length > 0 && s[length - 1] == '\r';
    check_line(s, length - has_cr);
    length += newline != NULL;
    s += length;
    n -= length;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  struct buffer whole = filter(input, n, SIZE_MAX, 0);
  check_cuts(input, n, &whole);
  check_complete(input, n, &whole);
  check_lines(bytes_of(&whole), whole.length);
  buffer_release(&whole);
  return 0;
}
