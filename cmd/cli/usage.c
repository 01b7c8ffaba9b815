#include "cmd/cli/usage.h"

#include "core/base/buffer.h"
#include "core/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 31, FARTHEST = 3 };

static size_t least_of(size_t a, size_t b)
{
  return a < b ? a : b;
}

size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length)
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

/* Both lines in one write. */
static void print_lines(const struct command *command, const char *what, const char *hint)
{
  struct buffer lines = {0};
  buffer_printf(&lines, "anet: ");
  if (command)
    buffer_printf(&lines, "%s: ", command->name);
  escape_text(&lines, what, strlen(what), ESCAPE_CONTROLS);
  buffer_printf(&lines, "\n%s\n", hint);
  if (lines.length)
    fwrite(buffer_data(&lines), 1, lines.length, stderr);
  buffer_release(&lines);
}

static void complain(const struct command *command, const char *dashes, const char *word,
                     const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static void complain(const struct command *command, const char *dashes, const char *word,
                     const char *format, va_list args)
{
  char what[1024];
  char hint[128];
  vsnprintf(what, sizeof what, format, args);
  if (word)
    snprintf(hint, sizeof hint, "did you mean %s%s?", dashes, word);
  else if (command)
    snprintf(hint, sizeof hint, "try 'anet %s --help'", command->name);
  else
    snprintf(hint, sizeof hint, "try 'anet --help'");
  print_lines(command, what, hint);
}

int usage_suggest(const struct command *command, const char *dashes, const char *word,
                  const char *format, ...)
{
  va_list args;
  va_start(args, format);
  complain(command, dashes, word, format, args);
  va_end(args);
  return EXIT_USAGE;
}

int usage_error(const struct command *command, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  complain(command, NULL, NULL, format, args);
  va_end(args);
  return EXIT_USAGE;
}
