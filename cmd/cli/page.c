#include "cmd/cli/page.h"

#include "cmd/cli/units.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uv.h>

enum { NARROWEST = 40, USUAL = 80, WIDEST = 100 };

size_t page_width_of(int fd)
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

static size_t columns_of(const char *text, size_t n)
{
  size_t columns = 0; /* a character of UTF-8 takes one */
  for (size_t i = 0; i < n; i++)
    columns += ((unsigned char)text[i] & 0xc0) != 0x80;
  return columns;
}

/* Keeps count of the column over `n` new bytes. */
static void count(struct page *p, const char *text, size_t n)
{
  const char *newline = memrchr(text, '\n', n);
  if (newline) {
    p->column = 0;
    n -= (size_t)(newline + 1 - text);
    text = newline + 1;
  }
  p->column += columns_of(text, n);
}

static void add(struct page *p, const char *text, size_t n)
{
  if (buffer_append(&p->text, text, n))
    p->err = UV_ENOMEM;
  else
    count(p, text, n);
}

void page_put(struct page *p, const char *format, ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  char *text = n < 0 ? NULL : (char *)buffer_reserve(&p->text, (size_t)n + 1);
  if (text) {
    vsnprintf(text, (size_t)n + 1, format, again);
    buffer_commit(&p->text, (size_t)n);
    count(p, text, (size_t)n);
  } else {
    p->err = UV_ENOMEM;
  }
  va_end(again);
  va_end(args);
}

static void pad(struct page *p, size_t column)
{
  while (p->column < column && !p->err)
    add(p, " ", 1);
}

void page_tab(struct page *p, size_t column)
{
  if (p->column > 0 && p->column + 2 > column)
    add(p, "\n", 1);
  pad(p, column);
}

void page_word(struct page *p, size_t indent, const char *word, size_t n)
{
  if (p->column > indent) {
    bool fits = p->column + 1 + columns_of(word, n) <= p->width;
    add(p, fits ? " " : "\n", 1);
  }
  pad(p, indent);
  add(p, word, n);
}

void page_append(struct page *p, size_t indent, struct page *word)
{
  if (word->err)
    p->err = word->err;
  else if (word->text.length)
    page_word(p, indent, (const char *)buffer_data(&word->text), word->text.length);
  page_release(word);
}

static void fill(struct page *p, size_t indent, const char *text, size_t n)
{
  while (n > 0) {
    const char *space = memchr(text, ' ', n);
    size_t length = space ? (size_t)(space - text) : n;
    if (length > 0)
      page_word(p, indent, text, length);
    length += length < n;
    text += length;
    n -= length;
  }
}

void page_fill(struct page *p, size_t indent, const char *text)
{
  fill(p, indent, text, strlen(text));
}

void page_paragraphs(struct page *p, size_t indent, const char *text)
{
  while (*text) {
    size_t n = strcspn(text, "\n");
    bool literal = *text == ' ';
    if (p->column > 0 && (n == 0 || literal))
      add(p, "\n", 1);
    if (n == 0) {
      add(p, "\n", 1);
    } else if (literal) {
      page_tab(p, indent);
      add(p, text, n);
      add(p, "\n", 1);
    } else {
      fill(p, indent, text, n);
    }
    text += n + (text[n] == '\n');
  }
  if (p->column > 0)
    add(p, "\n", 1);
}

void page_release(struct page *p)
{
  buffer_release(&p->text);
}
