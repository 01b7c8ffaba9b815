#include "tests/unit/lib/screen.h"

#include "tests/unit/lib/harness.h"

#include "core/base/utf8.h"

#include <stdlib.h>

/* A wide character is followed by the half that is no cell of its own. */
enum { BLANK = ' ', HALF = 0 };

static void clear_cells(struct screen *s, size_t row, size_t column)
{
  for (; column < SCREEN_MOST_COLUMNS; column++)
    s->cells[row][column] = BLANK;
}

void screen_init(struct screen *s, size_t rows, size_t columns)
{
  *s = (struct screen){.rows = rows, .columns = columns};
  for (size_t row = 0; row < SCREEN_MOST_ROWS; row++)
    clear_cells(s, row, 0);
}

static void line_feed(struct screen *s)
{
  assert_true(++s->row < SCREEN_MOST_ROWS);
  if (s->row >= s->top + s->rows)
    s->top = s->row - s->rows + 1;
}

static void put_character(struct screen *s, uint32_t c)
{
  size_t width = c == 0x301 ? 0 : c >= 0x3000 && c < 0xa000 ? 2 : 1;
  if (width == 0)
    return; /* drawn over the one before */
  if (s->column + width > s->columns) {
    s->wrapped = true;
    s->column = 0;
    line_feed(s);
  }
  s->cells[s->row][s->column++] = c;
  if (width == 2)
    s->cells[s->row][s->column++] = HALF;
}

/* `CSI n A`, `CSI K`, `CSI J`; anything else fails the test. */
static void obey(struct screen *s, size_t number, char final)
{
  if (final == 'A') {
    size_t up = number ? number : 1;
    s->row = s->row - s->top > up ? s->row - up : s->top;
  } else if (final == 'K') {
    assert_int_equal(number, 0);
    clear_cells(s, s->row, s->column);
  } else if (final == 'J') {
    assert_int_equal(number, 0);
    clear_cells(s, s->row, s->column);
    for (size_t row = s->row + 1; row < SCREEN_MOST_ROWS; row++)
      clear_cells(s, row, 0);
  } else {
    fail_msg("an escape with %c", final);
  }
}

/* Takes what is pending when it is whole. */
static void take_pending(struct screen *s)
{
  uint32_t c;
  assert_true(s->pended < sizeof s->pending);
  if (s->pending[0] != '\x1b') {
    if (utf8_decode(s->pending, s->pended, &c) == 0)
      return;
    if (c == '\r')
      s->column = 0;
    else if (c == '\n')
      line_feed(s);
    else
      put_character(s, c);
    s->pended = 0;
    return;
  }
  char last = s->pending[s->pended - 1];
  if (s->pended < 3 || (last >= '0' && last <= '9'))
    return;
  assert_int_equal(s->pending[1], '[');
  obey(s, strtoul(s->pending + 2, NULL, 10), last);
  s->pended = 0;
}

void screen_take(struct screen *s, const char *data, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    s->pending[s->pended++] = data[i];
    take_pending(s);
  }
}

size_t screen_row_length(const struct screen *s, size_t row)
{
  size_t n = SCREEN_MOST_COLUMNS;
  while (n > 0 && s->cells[row][n - 1] == BLANK)
    n--;
  return n;
}

static void append_character(char *text, size_t *n, uint32_t c)
{
  if (c == HALF)
    return;
  if (c >= 0x80 && c < 0x800)
    text[(*n)++] = (char)(0xc0 | c >> 6);
  if (c >= 0x800) {
    text[(*n)++] = (char)(0xe0 | c >> 12);
    text[(*n)++] = (char)(0x80 | (c >> 6 & 0x3f));
  }
  text[(*n)++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
}

const char *screen_text(const struct screen *s)
{
  static char text[SCREEN_MOST_ROWS * 64];
  size_t n = 0, rows = SCREEN_MOST_ROWS;
  while (rows > 0 && screen_row_length(s, rows - 1) == 0)
    rows--;
  for (size_t row = 0; row < rows; row++) {
    assert_true(n + 4 * SCREEN_MOST_COLUMNS < sizeof text);
    for (size_t column = 0; column < screen_row_length(s, row); column++)
      append_character(text, &n, s->cells[row][column]);
    text[n++] = '\n';
  }
  text[n] = '\0';
  return text;
}

void screen_narrow(struct screen *s, size_t columns, bool wraps)
{
  static struct screen was;
  was = *s;
  screen_init(s, was.rows, columns);
  size_t to = 0;
  for (size_t row = 0; row < SCREEN_MOST_ROWS && to < SCREEN_MOST_ROWS; row++) {
    size_t length = screen_row_length(&was, row);
    size_t pieces = wraps && length > 0 ? (length + columns - 1) / columns : 1;
    if (row == was.row) {
      s->row = to + (wraps ? was.column / columns : 0);
      s->column = wraps ? was.column % columns : was.column;
    }
    for (size_t i = 0; i < pieces && to < SCREEN_MOST_ROWS; i++, to++)
      memcpy(s->cells[to], was.cells[row] + i * columns, columns * sizeof(uint32_t));
  }
  if (s->row >= s->rows)
    s->top = s->row - s->rows + 1;
}
