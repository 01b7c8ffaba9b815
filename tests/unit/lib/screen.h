/* A screen of a terminal: as much of one as lines that are drawn over again use. Anything else that
 * is sent to it fails the test. */
#ifndef ANET_TESTS_SCREEN_H
#define ANET_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCREEN_MOST_ROWS = 400, SCREEN_MOST_COLUMNS = 260 };

struct screen {
  uint32_t cells[SCREEN_MOST_ROWS]
                [SCREEN_MOST_COLUMNS]; /* with what has been scrolled out at the top */
  size_t rows, columns, top;           /* the window on them */
  size_t row, column;                  /* of the cursor */
  bool wrapped;                        /* a character went past the last column */
  char pending[16];                    /* an escape or a character that is not whole yet */
  size_t pended;
};

void screen_init(struct screen *s, size_t rows, size_t columns);

/* What a program writes: text, CR, LF, CSI n A, CSI K and CSI J. */
void screen_take(struct screen *s, const char *data, size_t n);

/* Columns of a row up to its last character; rows count from the first that ever was, 0. */
size_t screen_row_length(const struct screen *s, size_t row);

/* All rows, also those scrolled out, without the blanks at their ends and the empty ones at the
 * end of all. Valid until the next call. */
const char *screen_text(const struct screen *s);

/* Another width: rows that are longer go on in the next one, and the cursor stays with its
 * character; or they are cut, as some terminals do. */
void screen_narrow(struct screen *s, size_t columns, bool wraps);

#endif
