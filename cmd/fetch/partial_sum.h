/* The checksum of a part that is gone on with, made before the rest is asked for: some of it in
 * each pass of the loop, so that a part of many gigabytes keeps nothing else waiting. */
#ifndef ANET_CMD_FETCH_PARTIAL_SUM_H
#define ANET_CMD_FETCH_PARTIAL_SUM_H

#include "core/crypto/digest.h"
#include "core/event/timer.h"

#include <sys/types.h>

/* All zero is one that is not running. */
struct partial_sum {
  /* It is made: 0, and sum->digest is the handler's to take; or a negative errno. */
  void (*done)(struct partial_sum *sum, int err);
  struct reactor *reactor;
  struct timer turn;
  struct digest *digest;
  int fd;
  off_t at;
};

/* Starts on the file `fd`, which stays the caller's; `done` runs later. 0 or a negative errno with
 * an error. */
int partial_sum_start(struct partial_sum *sum, struct reactor *r, int fd, struct span algorithm,
                      void (*done)(struct partial_sum *sum, int err), struct error *e);

/* Gives it up. Any number of times. */
void partial_sum_release(struct partial_sum *sum);

#endif
