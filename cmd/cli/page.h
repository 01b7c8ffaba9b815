/* Text laid out for a reader: columns, words wrapped at a width. */
#ifndef ANET_CMD_CLI_PAGE_H
#define ANET_CMD_CLI_PAGE_H

#include "core/base/buffer.h"

#include <stddef.h>

/* All zero but `width` is an empty page. */
struct page {
  struct buffer text;
  size_t width;  /* in columns, for page_word and what is built on it */
  size_t column; /* where the next character goes, from 0 */
  int err;       /* 0, or UV_ENOMEM once something could not be added */
};

/* How wide to print on `fd`: COLUMNS, else the terminal's width, else 80; between 40 and 100. */
size_t page_width_of(int fd);

/* printf as it is. */
void page_put(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Spaces up to `column`, on a new line if less than two would stand there. */
void page_tab(struct page *p, size_t column);

/* Adds `n` bytes that stay together, after a space or on a new line at `indent`. */
void page_word(struct page *p, size_t indent, const char *word, size_t n);

/* The same with all that stands on `word`, which it releases. */
void page_append(struct page *p, size_t indent, struct page *word);

/* Adds the words of `text`, wrapped. */
void page_fill(struct page *p, size_t indent, const char *text);

/* Adds paragraphs that a blank line separates, each wrapped; a line that begins with a space stays
 * as it is. Ends with a newline. */
void page_paragraphs(struct page *p, size_t indent, const char *text);

void page_release(struct page *p);

#endif
