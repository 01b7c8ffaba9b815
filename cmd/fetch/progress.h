/* How transfers go on, as lines on a terminal that are drawn over again: one each, with a bar, what
 * has come, how fast, and the time that is left. */
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
  PROGRESS_PATIENCE_MS = 500, /* what takes less is not shown */
  PROGRESS_SAMPLE_MS = 500,   /* between two samples: the rate is that of three seconds */
};

struct progress {
  struct reactor *reactor;
  struct list lines; /* those that are under way, in the order in which they began */
  size_t drawn;      /* rows on the screen that are to be drawn over: the cursor is in the first */
  bool shown;        /* something has been drawn */
  int fd;            /* the terminal, opened when first drawn on; -1 before */
  struct buffer out; /* what the terminal has not taken yet */
  struct timer redraw;
  struct signal_watch stop; /* SIGTSTP, once something has been drawn */
};

/* Whether stderr shows such lines: it is a terminal, TERM is neither empty nor dumb, NO_COLOR is
 * not set to something, and this process is in the foreground of it. */
bool progress_is_wanted(void);

/* Redraws every PROGRESS_REDRAW_MS while there are lines, and nothing before the first has lasted
 * half a second; nothing either while in the background. A stop from the keyboard takes the lines
 * off the screen first. */
void progress_init(struct progress *p, struct reactor *r);

/* Takes all lines off the screen and stops. */
void progress_release(struct progress *p);

/* A transfer begins, or begins again, in its old place then, with `from` bytes that were there
 * before. `name` is copied. */
void progress_begin(struct progress *p, struct progress_line *line, const char *name,
                    uint64_t from);

/* Says how far it is. Draws nothing by itself. */
void progress_set(struct progress_line *line, uint64_t done, uint64_t total);

/* It is over. When it is `whole`, its line stays on the screen, finished, above those that go on;
 * else it goes. While nothing has been drawn yet, nothing is. On a line that is not shown, does
 * nothing. */
void progress_end(struct progress_line *line, bool whole);

/* Takes the lines off the screen, so that something else can be said on stderr; the next redraw
 * brings them back. */
void progress_hide(struct progress *p);

#endif
