#include "cmd/cli/text_layout.h"

#include "cmd/cli/units.h"
#include "core/base/width.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { NARROWEST = 40, USUAL = 80, WIDEST = 100 };

size_t text_layout_width(int fd)
{
  const char *columns = getenv("COLUMNS");
  struct winsize window;
  uint64_t width = 0;

  if ((!columns || units_number(columns, &width)) && ioctl(fd, TIOCGWINSZ, &window) == 0)
    width = window.ws_col;
  if (width == 0)
    return USUAL;
  if (width < NARROWEST)
    return NARROWEST;
  return width < WIDEST ? (size_t)width : WIDEST;
}

void text_layout_init(struct text_layout *l, struct writer *to, size_t width)
{
  *l = (struct text_layout){.to = to, .width = width};
}

/* Keeps count of the column over what was written behind `before`. */
static void count(struct text_layout *l, size_t before)
{
  const struct buffer *text = l->to->to;
  struct span added = span_skip(buffer_span(text), before);
  const char *newline = memrchr(added.data, '\n', added.length);
  if (newline) {
    l->column = 0;
    added = span_skip(added, (size_t)(newline + 1 - added.data));
  }
  l->column += width_of(added);
}

static void add(struct text_layout *l, struct span text)
{
  size_t before = l->to->to->length;
  writer_span(l->to, text);
  count(l, before);
}

void text_layout_put(struct text_layout *l, const char *format, ...)
{
  size_t before = l->to->to->length;
  va_list args;
  va_start(args, format);
  writer_vformat(l->to, format, args);
  va_end(args);
  count(l, before);
}

static void pad(struct text_layout *l, size_t column)
{
  while (l->column < column && !l->to->error)
    add(l, span_of(" "));
}

void text_layout_tab(struct text_layout *l, size_t column)
{
  if (l->column > 0 && l->column + 2 > column)
    add(l, span_of("\n"));
  pad(l, column);
}

void text_layout_word(struct text_layout *l, size_t indent, struct span word)
{
  if (l->column > indent)
    add(l, span_of(l->column + 1 + width_of(word) <= l->width ? " " : "\n"));
  pad(l, indent);
  add(l, word);
}

static void fill(struct text_layout *l, size_t indent, const char *text, size_t n)
{
  while (n > 0) {
    const char *space = memchr(text, ' ', n);
    size_t length = space ? (size_t)(space - text) : n;
    if (length > 0)
      text_layout_word(l, indent, (struct span){text, length});
    length += length < n;
    text += length;
    n -= length;
  }
}

void text_layout_fill(struct text_layout *l, size_t indent, const char *text)
{
  fill(l, indent, text, strlen(text));
}

void text_layout_paragraphs(struct text_layout *l, size_t indent, const char *text)
{
  while (*text) {
    size_t n = strcspn(text, "\n");
    bool literal = *text == ' ';
    if (l->column > 0 && (n == 0 || literal))
      add(l, span_of("\n"));
    if (n == 0) {
      add(l, span_of("\n"));
    } else if (literal) {
      text_layout_tab(l, indent);
      add(l, (struct span){text, n});
      add(l, span_of("\n"));
    } else {
      fill(l, indent, text, n);
    }
    text += n + (text[n] == '\n');
  }
  if (l->column > 0)
    add(l, span_of("\n"));
}
