/* A chunked body gives the same bytes and the same verdict however it is split. */
#include "core/http/message/chunked.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

static void check(bool right)
{
  if (!right)
    abort();
}

/* What came of it all. */
struct outcome {
  char *body;
  size_t length, used;
  bool done;
  const char *reason;
};

/* Pieces of 1 to `most` bytes, of lengths that a small generator draws from `seed`. */
static size_t next_piece(uint32_t *seed, size_t most)
{
  *seed = *seed * 1664525u + 1013904223u;
  return 1 + (*seed >> 16) % most;
}

static struct outcome decode(const char *data, size_t n, size_t most, uint32_t seed)
{
  struct outcome o = {.body = malloc(n + 1)};
  struct http_chunked c = {0};
  check(o.body);
  while (o.used < n && !c.done) {
    struct span piece;
    size_t given = most == SIZE_MAX ? n : next_piece(&seed, most);
    if (given > n - o.used)
      given = n - o.used;
    ssize_t used = http_chunked_next(&c, data + o.used, given, &piece, &o.reason);
    if (used < 0) {
      check(used == UV_EPROTO && o.reason && !c.done);
      break;
    }
    check(used > 0 && (size_t)used <= given);
    check(piece.length <= (size_t)used && piece.data >= data + o.used);
    check(piece.data + piece.length <= data + o.used + used);
    memcpy(o.body + o.length, piece.data, piece.length);
    o.length += piece.length;
    o.used += (size_t)used;
  }
  o.done = c.done;
  return o;
}

static void compare(const struct outcome *a, const struct outcome *b)
{
  check(a->done == b->done && a->length == b->length);
  check(memcmp(a->body, b->body, a->length) == 0);
  /* Where one is refused, those before the bad byte may count as used or not. */
  check(!a->reason == !b->reason && (a->reason || a->used == b->used));
  check(!a->reason || strcmp(a->reason, b->reason) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  static const size_t most[] = {1, 2, 7, 64, 1024};
  const char *data = (const char *)input;
  struct outcome whole = decode(data, n, SIZE_MAX, 0);
  for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
    struct outcome split = decode(data, n, most[i], (uint32_t)(n * 31 + (n ? input[n / 2] : 0)));
    compare(&whole, &split);
    free(split.body);
  }
  free(whole.body);
  return 0;
}
