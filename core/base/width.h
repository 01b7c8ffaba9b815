/* How many columns a text takes on a terminal. The C locale's wcwidth(3) knows no character but
 * ASCII, so this has a count of its own: an East Asian wide character takes two columns, a mark
 * that joins the character before it none, every other character one. Pure.
 *
 * A text has no control characters here: escape it first. A byte that is not part of well-formed
 * UTF-8 counts as one column. */
#ifndef ANET_CORE_BASE_WIDTH_H
#define ANET_CORE_BASE_WIDTH_H

#include "core/base/buffer.h"
#include "core/base/span.h"

#include <stddef.h>
#include <stdint.h>

/* The columns of one character (a code point): 0, 1 or 2. */
size_t width_of_character(uint32_t c);

/* The columns of a text of UTF-8. */
size_t width_of(struct span text);

/* How many bytes at the front of `text` fit into `columns`, whole characters only; `*taken` gets
 * the columns they use. */
size_t width_fit(struct span text, size_t columns, size_t *taken);

/* Appends `text` in exactly `columns`: filled up with spaces, or cut, with `...` for what is left
 * out if there is room for that. 0 or UV_ENOMEM. */
int width_append(struct buffer *out, struct span text, size_t columns);

#endif
