/* A coded body gives the same bytes and the same verdict however the input is split, and whatever
 * room there is for the output. The first byte of the input chooses the coding. */
#include "core/http/content_decoder.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

enum { MOST = 1024 * 1024 }; /* bytes of a body: little input may become a thousand times as much */

static void check(bool right)
{
  if (!right)
    abort();
}

/* What came of it all. */
struct outcome {
  char body[MOST];
  size_t length;
  int error;
  bool done;
  const char *reason;
};

/* Pieces of 1 to `most` bytes, of lengths that a small generator draws from `seed`. */
static size_t next_piece(uint32_t *seed, size_t most)
{
  *seed = *seed * 1664525u + 1013904223u;
  return 1 + (*seed >> 16) % most;
}

/* Takes what one piece of the input gives. */
static void drain(struct http_content_decoder *d, struct span piece, struct outcome *o, size_t most,
                  uint32_t *seed)
{
  const char *end = piece.data + piece.length;
  while (o->length < MOST) {
    size_t room = next_piece(seed, most);
    if (room > MOST - o->length)
      room = MOST - o->length;
    size_t before = piece.length;
    ssize_t made = http_content_decoder_next(d, &piece, o->body + o->length, room, &o->reason);
    check(made <= (ssize_t)room && piece.length <= before && piece.data + piece.length == end);
    if (made < 0) {
      check(made == UV_EPROTO && o->reason);
      o->error = (int)made;
      return;
    }
    check(!o->reason && (made > 0 || piece.length == 0));
    if (made == 0)
      return;
    o->length += (size_t)made;
  }
}

static void decode(struct outcome *o, enum http_coding coding, const char *data, size_t n,
                   size_t most, uint32_t seed)
{
  struct http_content_decoder *d = http_content_decoder_new(coding, NULL);
  check(d);
  o->length = 0;
  o->error = 0;
  o->reason = NULL;
  for (size_t used = 0; used < n && o->error == 0 && o->length < MOST;) {
    size_t given = most == MOST ? n : next_piece(&seed, most);
    if (given > n - used)
      given = n - used;
    drain(d, (struct span){data + used, given}, o, most, &seed);
    used += given;
  }
  o->done = http_content_decoder_is_done(d);
  check(!o->done || o->error == 0);
  http_content_decoder_free(d);
}

static void compare(const struct outcome *a, const struct outcome *b)
{
  check(a->length == b->length && memcmp(a->body, b->body, a->length) == 0);
  if (a->length == MOST) /* where it was given up is where the output ended, not the input */
    return;
  check(a->done == b->done && a->error == b->error);
  check(!a->reason == !b->reason && (!a->reason || strcmp(a->reason, b->reason) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  static const size_t most[] = {1, 3, 300, 5000};
  static struct outcome whole, split;
  if (n == 0)
    return 0;
  enum http_coding coding = input[0] & 1 ? HTTP_GZIP : HTTP_DEFLATE;
  const char *data = (const char *)input + 1;
  decode(&whole, coding, data, n - 1, MOST, 0);
  for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
    decode(&split, coding, data, n - 1, most[i], (uint32_t)(n * 31 + input[n / 2]));
    compare(&whole, &split);
  }
  return 0;
}
