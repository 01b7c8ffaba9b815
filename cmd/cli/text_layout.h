/* Text laid out for a reader: columns, and words wrapped at a width. */
#ifndef ANET_CMD_CLI_TEXT_LAYOUT_H
#define ANET_CMD_CLI_TEXT_LAYOUT_H

#include "core/base/writer.h"

#include <stddef.h>

struct text_layout {
  struct writer *to; /* borrowed; its error is the layout's */
  size_t width;      /* in columns, for text_layout_word and what is built on it */
  size_t column;     /* where the next character goes, from 0 */
};

/* How wide to print on `fd`: COLUMNS, else the terminal's width, else 80; between 40 and 100. */
size_t text_layout_width(int fd);

/* Starts at the beginning of a line. */
void text_layout_init(struct text_layout *l, struct writer *to, size_t width);

/* printf as it is. */
void text_layout_put(struct text_layout *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds spaces up to `column`, on a new line if fewer than two would stand there. */
void text_layout_tab(struct text_layout *l, size_t column);

/* Adds bytes that stay together, after a space or on a new line at `indent`. */
void text_layout_word(struct text_layout *l, size_t indent, struct span word);

/* Adds the words of `text`, wrapped. */
void text_layout_fill(struct text_layout *l, size_t indent, const char *text);

/* Adds paragraphs, separated by a blank line and wrapped; a line that begins with a space stays as
 * it is. Ends with a newline. */
void text_layout_paragraphs(struct text_layout *l, size_t indent, const char *text);

#endif
