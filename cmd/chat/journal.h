/* The conversation in a file, one line each: `2026-11-25T22:10:11Z ROOM x : line`. */
#ifndef ANET_CMD_CHAT_JOURNAL_H
#define ANET_CMD_CHAT_JOURNAL_H

#include "core/base/error.h"
#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct journal {
  const char *path; /* borrowed */
  int fd;           /* -1: nothing is kept */
  bool torn;        /* the last line is not whole: the next write begins a new one */
  uint64_t lost;    /* lines that were not written since the last one that was */
};

/* Opens the file to append to it, and creates it if it does not exist. 0, or a negative errno with
 * an error. */
int journal_open(struct journal *j, const char *path, struct error *e);

/* Opens the file of that path again, for one that was renamed. 0; or a negative errno with an
 * error, and the old file stays open. */
int journal_reopen(struct journal *j, struct error *e);

/* Writes a line, which has no newline, before it returns. The first of several errors is logged,
 * and how many lines are missing once a line is written again. */
void journal_write(struct journal *j, const char *room, struct span line);

void journal_close(struct journal *j);

#endif
