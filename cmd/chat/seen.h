/* The names that were seen in what a server said: those that Tab completes. */
#ifndef ANET_CMD_CHAT_SEEN_H
#define ANET_CMD_CHAT_SEEN_H

#include "core/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
  SEEN_MOST = 256,     /* names; those seen longest ago make room */
  SEEN_LONGEST = 128,  /* bytes: 32 characters */
  SEEN_LINE_SIZE = 192 /* bytes of a line: enough for any name in it */
};

/* All zero has seen no names. */
struct seen {
  char *names[SEEN_MOST]; /* the last one seen first */
  size_t count;
  char line[SEEN_LINE_SIZE]; /* the start of a line whose end has not come */
  size_t length;
  bool listing; /* each line is a name now */
};

/* Learns names from the next `n` bytes of what a server says: `x has entered the room.`, `x : ...`,
 * `<x> ...`, and the lines after `The following are ...:`. A name with a space in it is left out,
 * and so is one for which there is no memory. */
void seen_learn(struct seen *seen, const char *text, size_t n);

/* Appends to `rest` what follows `start`, without regard to case, in all names that begin with it,
 * and a space if it is only one. Returns how many begin with it; 0 also without memory. */
size_t seen_complete(const struct seen *seen, const char *start, size_t n, struct buffer *rest);

void seen_release(struct seen *seen);

#endif
