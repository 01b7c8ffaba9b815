/* Progress lines as text that fits a row of a terminal. Pure. */
#ifndef ANET_CMD_FETCH_PROGRESS_ROW_H
#define ANET_CMD_FETCH_PROGRESS_ROW_H

#include "cmd/fetch/progress_line.h"
#include "core/base/buffer.h"
#include "core/base/list.h"

#include <stddef.h>
#include <stdint.h>

/* Where the parts of a row stand: the same for all rows on the screen, so that they line up. */
struct progress_row_layout {
  size_t width;        /* of a row */
  unsigned parts;      /* how many of the optional parts have room */
  size_t name, bar;    /* widths; 0 for no bar */
  size_t tail, number; /* widths of the text after the bar, and of the percentage */
};

/* Lays out the first `count` of `lines` in rows of `width` columns at the time `now_ms`. */
void progress_row_measure(struct progress_row_layout *l, const struct list *lines, size_t count,
                          size_t width, uint64_t now_ms);

/* Appends the row of a running transfer, without a newline: at most l->width columns. 0 or
 * UV_ENOMEM. */
int progress_row_print(struct buffer *out, const struct progress_row_layout *l,
                       const struct progress_line *line, uint64_t now_ms);

/* The same for a finished transfer. */
int progress_row_print_finished(struct buffer *out, const struct progress_line *line, size_t width,
                                uint64_t now_ms);

/* Bytes per second. */
uint64_t progress_row_rate(uint64_t bytes, uint64_t ms);

#endif
