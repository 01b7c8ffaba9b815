#include "core/http/chunked.h"

#include <uv.h>

enum state {
  SIZE_FIRST, /* the first digit of a chunk's size */
  SIZE,
  SPACE,     /* before an extension */
  EXTENSION, /* which nobody here knows: skipped (RFC 9112 7.1.1) */
  SIZE_END,  /* the LF of the size's line */
  DATA,
  DATA_CR, /* the CRLF behind a chunk's data */
  DATA_LF,
  TRAILER, /* lines after the last chunk, up to an empty one; skipped */
  TRAILER_LF,
  OVER,
};

static ssize_t refuse(const char **reason, const char *why)
{
  *reason = why;
  return UV_EPROTO;
}

static int digit_of(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static bool is_text(char c)
{
  return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

/* A character of a size, or the first after it. */
static ssize_t take_size(struct http_chunked *c, char byte, const char **reason)
{
  int digit = digit_of(byte);
  if (digit >= 0) {
    if (c->left > UINT64_MAX >> 4)
      return refuse(reason, "A chunk is larger than any number");
    c->left = c->left << 4 | (uint64_t)digit;
    c->state = SIZE;
  } else if (c->state == SIZE_FIRST) {
    return refuse(reason, "A chunk's size has no digit");
  } else if (byte == '\r') {
    c->state = SIZE_END;
  } else if (byte == ';') {
    c->state = EXTENSION;
  } else if (byte == ' ' || byte == '\t') {
    c->state = SPACE;
  } else {
    return refuse(reason, "A chunk's size is no number");
  }
  return 0;
}

static ssize_t take_extension(struct http_chunked *c, char byte, const char **reason)
{
  if (c->state == SPACE && byte == ';')
    c->state = EXTENSION;
  else if (c->state == SPACE && byte != ' ' && byte != '\t')
    return refuse(reason, "A chunk's size is no number");
  else if (byte == '\r')
    c->state = SIZE_END;
  else if (!is_text(byte))
    return refuse(reason, "A control character in a chunk's extension");
  return 0;
}

static ssize_t take_trailer(struct http_chunked *c, char byte, const char **reason)
{
  if (byte == '\r')
    c->state = TRAILER_LF;
  else if (!is_text(byte))
    return refuse(reason, "A control character in a trailer");
  else
    c->line++;
  return 0;
}

/* The LF that a CR announced. */
static ssize_t take_lf(struct http_chunked *c, char byte, const char **reason)
{
  if (byte != '\n')
    return refuse(reason, "A CR without LF in the chunks");
  if (c->state == SIZE_END) {
    c->state = c->left > 0 ? DATA : TRAILER;
  } else if (c->state == DATA_LF) {
    c->state = SIZE_FIRST;
  } else {
    c->state = c->line > 0 ? TRAILER : OVER;
    c->line = 0;
    c->done = c->state == OVER;
    return 0;
  }
  c->counted = 0;
  return 0;
}

static ssize_t take_byte(struct http_chunked *c, char byte, const char **reason)
{
  bool trailer = c->state == TRAILER || c->state == TRAILER_LF;
  if (++c->counted > (trailer ? HTTP_LONGEST_TRAILERS : HTTP_LONGEST_CHUNK_LINE))
    return refuse(reason, trailer ? "The trailers are too long" : "A chunk's line is too long");
  switch ((enum state)c->state) {
  case SIZE_FIRST:
  case SIZE:
    return take_size(c, byte, reason);
  case SPACE:
  case EXTENSION:
    return take_extension(c, byte, reason);
  case TRAILER:
    return take_trailer(c, byte, reason);
  case DATA_CR:
    if (byte != '\r')
      return refuse(reason, "A chunk is longer than its size");
    c->state = DATA_LF;
    return 0;
  default:
    return take_lf(c, byte, reason);
  }
}

ssize_t http_chunked_next(struct http_chunked *c, const char *data, size_t n, struct span *piece,
                          const char **reason)
{
  size_t used = 0;
  *piece = (struct span){data, 0};
  while (used < n && !c->done && c->state != DATA) {
    ssize_t err = take_byte(c, data[used++], reason);
    if (err)
      return err;
  }
  if (c->state == DATA && used < n) {
    size_t length = n - used < c->left ? n - used : (size_t)c->left;
    *piece = (struct span){data + used, length};
    used += length;
    c->left -= length;
    if (c->left == 0) {
      c->state = DATA_CR;
      c->counted = 0;
    }
  }
  return (ssize_t)used;
}
