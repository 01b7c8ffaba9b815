/* What the lines of transfers look like: texts that fit a row of a terminal. Pure. */
#ifndef ANET_CMD_FETCH_PROGRESS_ROW_H
#define ANET_CMD_FETCH_PROGRESS_ROW_H

#include "cmd/fetch/progress_line.h"
#include "core/base/buffer.h"
#include "core/base/list.h"

#include <stddef.h>
#include <stdint.h>

/* Where the parts of rows stand, so that those that are seen together stand in columns. */
struct progress_row_layout {
  size_t width;        /* of a row */
  unsigned parts;      /* how many of the optional ones there is room for */
  size_t name, bar;    /* widths; no bar is 0 */
  size_t tail, number; /* what stands behind the bar, and the percentage with its space */
};

/* How the first `count` of `lines` go into rows of `width` columns at the time `now_ms`. */
void progress_row_measure(struct progress_row_layout *l, const struct list *lines, size_t count,
                          size_t width, uint64_t now_ms);

/* Appends a transfer that goes on, without a newline: never more than l->width columns. 0 or
 * UV_ENOMEM. */
int progress_row_print(struct buffer *out, const struct progress_row_layout *l,
                       const struct progress_line *line, uint64_t now_ms);

/* The same of one that has ended. */
int progress_row_print_finished(struct buffer *out, const struct progress_line *line, size_t width,
                                uint64_t now_ms);

/* Bytes a second. */
uint64_t progress_row_rate(uint64_t bytes, uint64_t ms);

#endif
