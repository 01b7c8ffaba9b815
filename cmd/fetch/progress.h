/* Progress on a terminal: one line for each transfer, with a bar, the bytes so far, the speed and
 * the time left, redrawn in place. */
#ifndef ANET_CMD_FETCH_PROGRESS_H
#define ANET_CMD_FETCH_PROGRESS_H

#include "cmd/fetch/progress_line.h"
#include "core/base/buffer.h"
#include "core/base/list.h"
#include "core/event/signal.h"
#include "core/event/timer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  PROGRESS_REDRAW_MS = 100,
  PROGRESS_PATIENCE_MS = 500, /* a shorter transfer is not shown */
  PROGRESS_SAMPLE_MS = 500,   /* between two samples: the rate is that of the last three seconds */
};

struct progress {
  struct reactor *reactor;
  struct list lines; /* of running transfers, in the order they began */
  size_t queued;     /* transfers that have not begun */
  size_t drawn;      /* rows on the screen; the cursor is in the first */
  bool shown;        /* something has been drawn */
  int fd;            /* the terminal, opened when first drawn on; -1 before */
  struct buffer out; /* bytes not yet written to the terminal */
  struct timer redraw;
  struct signal_watch stop; /* SIGTSTP, once something has been drawn */
};

/* Whether to show progress on stderr: it is a terminal, TERM is neither empty nor dumb, NO_COLOR is
 * unset or empty, and this process is in the foreground. */
bool progress_is_wanted(void);

/* Redraws every PROGRESS_REDRAW_MS while there are lines, but not before the first transfer has
 * lasted PROGRESS_PATIENCE_MS, and not in the background. Ctrl-Z first clears the lines. */
void progress_init(struct progress *p, struct reactor *r);

/* Clears all lines from the screen and stops. */
void progress_release(struct progress *p);

/* A transfer begins, with `from` bytes of a partial file; or it begins again, and keeps its row.
 * `name` is copied. */
void progress_begin(struct progress *p, struct progress_line *line, const char *name,
                    uint64_t from);

/* The same before its response has come: its row says that it waits. */
void progress_wait(struct progress *p, struct progress_line *line, const char *name);

/* How many transfers have not begun: they are counted in a last row. */
void progress_queue(struct progress *p, size_t count);

/* Sets the bytes so far and their total; the next redraw shows them. */
void progress_set(struct progress_line *line, uint64_t done, uint64_t total);

/* The transfer is over. If it is `whole`, its finished line stays on the screen above the running
 * ones; else the line is removed. Draws nothing if nothing was drawn before, or if the line is not
 * shown. */
void progress_end(struct progress_line *line, bool whole);

/* Clears the lines from the screen, so that a log line can be written; the next redraw brings them
 * back. */
void progress_hide(struct progress *p);

#endif
