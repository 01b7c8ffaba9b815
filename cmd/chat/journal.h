/* The conversation kept in a file, a line each: `2026-11-25T22:10:11Z ROOM x : line`. */
#ifndef ANET_CMD_CHAT_JOURNAL_H
#define ANET_CMD_CHAT_JOURNAL_H

#include "core/base/error.h"
#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* `fd` -1 is one that is not kept. */
struct journal {
  const char *path; /* borrowed */
  int fd;
  bool torn;     /* the last line is not whole: the next begins a new one */
  uint64_t lost; /* lines since it could be written last */
};

/* Opens the file to append to, and makes it if there is none. 0, or a negative errno with an
 * error. */
int journal_open(struct journal *j, const char *path, struct error *e);

/* Writes a line, which has no newline, at once: who tells others of it does so afterwards. An error
 * is logged when it begins, and when it is over how many lines are missing. */
void journal_write(struct journal *j, const char *room, struct span line);

void journal_close(struct journal *j);

#endif
