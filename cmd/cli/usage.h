/* What is said to somebody who typed something wrong: what, and a word they may have meant. */
#ifndef ANET_CMD_CLI_USAGE_H
#define ANET_CMD_CLI_USAGE_H

#include "cmd/cli/command.h"

#include <stddef.h>

/* Looks for the word nearest to `typed`, which need not end after `length`. Start with best NULL.
 */
struct nearest {
  const char *typed;
  size_t length;
  const char *best; /* NULL while nothing offered is near */
  size_t distance;
};

/* Takes `word` for the best if it is near (a few letters added, left out, changed or swapped, or
 * `typed` is its beginning) and nearer than what came before. */
void nearest_offer(struct nearest *n, const char *word);

/* The number of letters to add, leave out, change or swap with their neighbour to make one word of
 * the other (optimal string alignment); a large number when either is too long to be a name. */
size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length);

/* As usage_error of command.h, but with `did you mean DASHES WORD?` for the second line when
 * `word` is not NULL. `command` may be NULL, for anet itself. */
int usage_suggest(const struct command *command, const char *dashes, const char *word,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
