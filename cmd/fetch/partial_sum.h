/* The checksum of a partial file, computed before the rest is requested. Each pass of the loop does
 * some of it, so that a file of many gigabytes does not hold up other transfers. */
#ifndef ANET_CMD_FETCH_PARTIAL_SUM_H
#define ANET_CMD_FETCH_PARTIAL_SUM_H

#include "core/crypto/digest.h"
#include "core/event/timer.h"

#include <sys/types.h>

/* All zero is not running. */
struct partial_sum {
  /* It has ended: 0, and the handler may take sum->digest; or a negative errno. */
  void (*done)(struct partial_sum *sum, int err);
  struct reactor *reactor;
  struct timer turn;
  struct digest *digest;
  int fd;
  off_t at;
};

/* Starts to sum up the file `fd`, which stays the caller's; `done` runs later. 0 or a negative
 * errno with an error. */
int partial_sum_start(struct partial_sum *sum, struct reactor *r, int fd, struct span algorithm,
                      void (*done)(struct partial_sum *sum, int err), struct error *e);

/* Stops it. Any number of times. */
void partial_sum_release(struct partial_sum *sum);

#endif
