#include "cmd/cli/nearest.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 31, FARTHEST = 3 };

static size_t least_of(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* The number of letters to add, leave out, change or swap with a neighbour to make one word the
 * other (optimal string alignment); SIZE_MAX when one is too long to be a name. */
static size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
  size_t rows[3][LONGEST_NAME + 1];
  size_t *before = rows[0], *last = rows[1], *row = rows[2];

  if (a_length > LONGEST_NAME || b_length > LONGEST_NAME)
    return SIZE_MAX;
  for (size_t j = 0; j <= b_length; j++)
    last[j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      row[j] = least_of(least_of(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least_of(row[j], before[j - 2] + 1);
    }
    size_t *next = before;
    before = last;
    last = row;
    row = next;
  }
  return last[b_length];
}

void nearest_offer(struct nearest *n, const char *word)
{
  size_t length = strlen(word);
  size_t distance = word_distance(n->typed, n->length, word, length);
  size_t near = least_of(n->length / 3 + (n->length < 3), FARTHEST);

  if (n->length >= 2 && n->length < length && strncmp(n->typed, word, n->length) == 0)
    distance = least_of(distance, 1);
  if (distance > near || distance >= length)
    return;
  if (!n->best || distance < n->distance) {
    n->best = word;
    n->distance = distance;
  }
}
