#include "core/http/message/chunked.h"

#include "core/http/message/character.h"

#include <uv.h>

/* What the next byte is. */
enum state {
  SIZE_BEGINS, /* a digit */
  SIZE,        /* another, or what may follow the size */
  SIZE_SPACE,  /* white space after it or after an extension, which only a semicolon may follow (RFC
                  9112 7.1.1) */
  EXTENSION,   /* lenient: anything, to the end of the line */
  NAME_BEGINS, /* of an extension (RFC 9112 7.1.1), or white space before it */
  NAME,
  NAME_SPACE,   /* white space after it */
  VALUE_BEGINS, /* or white space before it */
  VALUE,        /* a token */
  QUOTED,
  QUOTED_PAIR, /* after a backslash */
  VALUE_ENDED, /* after the closing quote */
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER_BEGINS, /* a trailer's name, or the empty line */
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_LF,
  LAST_LF,
};

/* These return the state behind `byte`, or -1 when it may not stand there. */

static int after_size(const struct http_chunked *c, char byte)
{
  if (byte == '\r')
    return SIZE_LF;
  if (byte == ';')
    return c->lenient ? EXTENSION : NAME_BEGINS;
  return ascii_is_blank(byte) ? SIZE_SPACE : -1;
}

static int after_name(const struct http_chunked *c, char byte)
{
  if (byte == '=')
    return VALUE_BEGINS;
  if (ascii_is_blank(byte))
    return NAME_SPACE;
  return c->state == NAME_SPACE && byte == '\r' ? -1 : after_size(c, byte);
}

static int take_extension(const struct http_chunked *c, char byte)
{
  bool token = http_is(byte, HTTP_IN_TOKEN);
  switch (c->state) {
  case NAME_BEGINS:
    return token ? NAME : ascii_is_blank(byte) ? NAME_BEGINS : -1;
  case NAME:
    return token ? NAME : after_name(c, byte);
  case NAME_SPACE:
    return after_name(c, byte);
  case VALUE_BEGINS:
    if (byte == '"')
      return QUOTED;
    return token ? VALUE : ascii_is_blank(byte) ? VALUE_BEGINS : -1;
  case VALUE:
    return token ? VALUE : after_size(c, byte);
  default: /* VALUE_ENDED */
    return after_size(c, byte);
  }
}

/* Inside a quoted string (RFC 9110 5.6.4). */
static int take_quoted(const struct http_chunked *c, char byte)
{
  if (!http_is(byte, HTTP_IN_VALUE))
    return -1;
  if (c->state == QUOTED_PAIR)
    return QUOTED;
  return byte == '"' ? VALUE_ENDED : byte == '\\' ? QUOTED_PAIR : QUOTED;
}

/* -1 also when the size is too large. */
static int take_digit(struct http_chunked *c, char byte)
{
  if (c->left >> 60)
    return -1;
  unsigned digit = byte <= '9' ? (unsigned)(byte - '0') : (unsigned)((byte | 0x20) - 'a' + 10);
  c->left = c->left << 4 | digit;
  return SIZE;
}

static int take_size_line(struct http_chunked *c, char byte)
{
  switch (c->state) {
  case SIZE_BEGINS:
    return http_is(byte, HTTP_HEX_DIGIT) ? take_digit(c, byte) : -1;
  case SIZE:
    return http_is(byte, HTTP_HEX_DIGIT) ? take_digit(c, byte) : after_size(c, byte);
  case SIZE_SPACE:
    return byte == '\r' ? -1 : after_size(c, byte);
  case EXTENSION:
    if (byte == '\r')
      return SIZE_LF;
    return http_is(byte, HTTP_IN_VALUE) ? EXTENSION : -1;
  default: /* SIZE_LF */
    if (byte != '\n')
      return -1;
    return c->left > 0 ? DATA : TRAILER_BEGINS;
  }
}

static int take_trailer(struct http_chunked *c, char byte)
{
  switch (c->state) {
  case TRAILER_BEGINS:
    if (byte == '\r')
      return LAST_LF;
    if (c->lenient && c->counted > 0 && ascii_is_blank(byte))
      return TRAILER_VALUE;
    return http_is(byte, HTTP_IN_TOKEN) ? TRAILER_NAME : -1;
  case TRAILER_NAME:
    if (byte == ':')
      return TRAILER_VALUE;
    return http_is(byte, HTTP_IN_TOKEN) ? TRAILER_NAME : -1;
  case TRAILER_VALUE:
    if (byte == '\r')
      return TRAILER_LF;
    return http_is(byte, HTTP_IN_VALUE) ? TRAILER_VALUE : -1;
  case TRAILER_LF:
    return byte == '\n' ? TRAILER_BEGINS : -1;
  default: /* LAST_LF */
    c->done = byte == '\n';
    return c->done ? LAST_LF : -1;
  }
}

static int take_data_end(struct http_chunked *c, char byte)
{
  if (c->state == DATA_CR)
    return byte == '\r' ? DATA_LF : -1;
  return byte == '\n' ? SIZE_BEGINS : -1;
}

/* A byte that is none of the body's. NULL, or what is wrong. */
static const char *take_byte(struct http_chunked *c, char byte)
{
  const char *wrong = "malformed chunk size";
  size_t most = HTTP_LONGEST_CHUNK_LINE;
  int next;
  if (c->state >= NAME_BEGINS && c->state <= VALUE_ENDED) {
    bool quoted = c->state == QUOTED || c->state == QUOTED_PAIR;
    next = quoted ? take_quoted(c, byte) : take_extension(c, byte);
    wrong = "malformed chunk extension";
  } else if (c->state < DATA) {
    next = take_size_line(c, byte);
  } else if (c->state < TRAILER_BEGINS) {
    next = take_data_end(c, byte);
    wrong = "no end of line after a chunk";
  } else {
    next = take_trailer(c, byte);
    wrong = "malformed trailer field";
    most = HTTP_LONGEST_TRAILERS;
  }
  if (next < 0)
    return wrong;
  if (++c->counted > most)
    return c->state < DATA ? "the line of a chunk's size is too long" : "the trailers are too long";
  bool begins = next == DATA || next == SIZE_BEGINS || (next == TRAILER_BEGINS && c->state < DATA);
  if (begins)
    c->counted = 0;
  c->state = next;
  return NULL;
}

ssize_t http_chunked_next(struct http_chunked *c, const char *data, size_t n, struct span *piece,
                          const char **reason)
{
  size_t used = 0;
  *piece = (struct span){data, 0};
  while (used < n && !c->done) {
    if (c->state == DATA) {
      size_t taken = n - used < c->left ? n - used : (size_t)c->left;
      *piece = (struct span){data + used, taken};
      c->left -= taken;
      if (c->left == 0)
        c->state = DATA_CR;
      return (ssize_t)(used + taken);
    }
    const char *wrong = take_byte(c, data[used]);
    if (wrong) {
      *reason = wrong;
      return UV_EPROTO;
    }
    used++;
  }
  return (ssize_t)used;
}
