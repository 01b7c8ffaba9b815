/* The word somebody probably meant, for "did you mean ...?". */
#ifndef ANET_CMD_CLI_NEAREST_H
#define ANET_CMD_CLI_NEAREST_H

#include <stddef.h>

/* Start with `typed` and `length` set and the rest zero, then offer each word. */
struct nearest {
  const char *typed; /* need not end after `length` */
  size_t length;
  const char *best; /* NULL while no offered word is near */
  size_t distance;
};

/* Takes `word` as the best if it is near (a few letters added, left out, changed or swapped, or
 * `typed` is its beginning) and nearer than the words before. `word` must outlive `n`. */
void nearest_offer(struct nearest *n, const char *word);

#endif
