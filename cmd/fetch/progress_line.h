/* One transfer as its progress is shown: how much has come, of how much, and how fast. */
#ifndef ANET_CMD_FETCH_PROGRESS_LINE_H
#define ANET_CMD_FETCH_PROGRESS_LINE_H

#include "core/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct progress;

enum {
  PROGRESS_NAME_SIZE = 64,
  PROGRESS_SAMPLES = 7,
};

/* Lives in the transfer. All zero is a line that is not shown. */
struct progress_line {
  struct list link;
  struct progress *progress;
  char name[PROGRESS_NAME_SIZE]; /* escaped */
  bool waiting;                  /* for a response: nothing has come */
  uint64_t begun_ms;
  uint64_t from;  /* bytes of a partial file: they count as done, but not for the rate */
  uint64_t done;  /* bytes so far, including `from` */
  uint64_t total; /* UINT64_MAX while unknown */
  uint64_t rate;  /* bytes per second, over the last few seconds */
  struct {
    uint64_t ms, done;
  } samples[PROGRESS_SAMPLES]; /* oldest first */
  unsigned sampled;
};

#endif
