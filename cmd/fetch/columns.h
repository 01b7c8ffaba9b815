/* How wide a text is on a terminal, in columns, and texts made to fit. The C locale's wcwidth knows
 * no character but ASCII, so this counts by itself: a wide character of East Asia is two columns, a
 * mark that joins the character before it none, all else one. Pure. */
#ifndef ANET_CMD_FETCH_COLUMNS_H
#define ANET_CMD_FETCH_COLUMNS_H

#include "core/base/buffer.h"
#include "core/base/span.h"

#include <stddef.h>

/* Of a text without control characters; a byte that is no UTF-8 counts as one. */
size_t columns_of(struct span text);

/* Appends `text` in exactly `width` columns: cut, with `...` for what is left out when there is
 * room for that, or spaces behind it. 0 or UV_ENOMEM. */
int columns_fit(struct buffer *out, struct span text, size_t width);

#endif
