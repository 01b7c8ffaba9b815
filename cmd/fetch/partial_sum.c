#include "cmd/fetch/partial_sum.h"

#include "core/base/buffer.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>
#include <uv.h>

enum {
  TURN = 16 * 1024 * 1024,
  PIECE = 64 * 1024,
  BETWEEN_MS = 1, /* with 0, libuv would run the timer again in the same pass */
};

/* A count, 0 at the end, or a negative errno. */
static ssize_t sum_piece(struct partial_sum *sum)
{
  _Alignas(BUFFER_PAGE) char piece[PIECE];
  ssize_t n = pread(sum->fd, piece, sizeof piece, sum->at);
  if (n < 0)
    return errno == EINTR ? 1 : -errno;
  int err = digest_update(sum->digest, piece, (size_t)n);
  sum->at += n;
  return err ? err : n;
}

static void take_turn(struct timer *timer)
{
  struct partial_sum *sum = container_of(timer, struct partial_sum, turn);
  off_t stop = sum->at + TURN;
  ssize_t n = 1;
  while (n > 0 && sum->at < stop)
    n = sum_piece(sum);
  if (n > 0)
    n = timer_start(&sum->turn, sum->reactor, BETWEEN_MS) ? UV_ENOMEM : 1;
  if (n <= 0)
    sum->done(sum, (int)n);
}

int partial_sum_start(struct partial_sum *sum, struct reactor *r, int fd, struct span algorithm,
                      void (*done)(struct partial_sum *sum, int err), struct error *e)
{
  partial_sum_release(sum);
  sum->done = done;
  sum->reactor = r;
  sum->fd = fd;
  sum->at = 0;
  sum->turn.fire = take_turn;
  sum->digest = digest_new(algorithm, e);
  if (!sum->digest)
    return e->code;
  int err = timer_start(&sum->turn, r, 0);
  return err ? error_set(e, err, "checksum") : 0;
}

void partial_sum_release(struct partial_sum *sum)
{
  timer_release(&sum->turn);
  digest_free(sum->digest);
  sum->digest = NULL;
}
