#include "cmd/chat/seen.h"

#include "core/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void remember(struct seen *seen, const char *name, size_t n)
{
  size_t at = 0;
  while (at < seen->count &&
         (strncasecmp(seen->names[at], name, n) != 0 || seen->names[at][n] != '\0'))
    at++;
  char *text = at < seen->count ? seen->names[at] : strndup(name, n);
  if (!text)
    return;
  if (at == SEEN_MOST)
    free(seen->names[--at]);
  else if (at == seen->count)
    seen->count++;
  memmove(seen->names + 1, seen->names, at * sizeof *seen->names);
  seen->names[0] = text;
}

/* The length of the first word of the line. */
static size_t first_word(const char *line, size_t n)
{
  const char *space = memchr(line, ' ', n);
  return space ? (size_t)(space - line) : n;
}

static bool begins(const char *line, size_t n, const char *with)
{
  return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* Whether the text behind the first word says that the word is a name. */
static bool follows_name(const char *rest, size_t n)
{
  static const char *const said[] = {" : ", " has entered the room", " has left the room"};
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    if (begins(rest, n, said[i]))
      return true;
  }
  return false;
}

static void learn_line(struct seen *seen, const char *line, size_t n)
{
  if (n > 0 && line[n - 1] == '\r')
    n--;
  if (begins(line, n, "The following are ") && line[n - 1] == ':') {
    seen->listing = true;
    return;
  }
  size_t length = first_word(line, n);
  seen->listing = seen->listing && length == n;
  if (length > 2 && line[0] == '<' && line[length - 1] == '>') {
    line++;
    length -= 2;
  } else if (!seen->listing && !follows_name(line + length, n - length)) {
    return;
  }
  if (length > 0 && length <= SEEN_LONGEST)
    remember(seen, line, length);
}

void seen_learn(struct seen *seen, const char *text, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '\n') {
      learn_line(seen, seen->line, seen->length);
      seen->length = 0;
    } else if (seen->length < sizeof seen->line) {
      seen->line[seen->length++] = text[i];
    }
  }
}

static size_t length_in_common(const char *a, const char *b, size_t most)
{
  size_t n = 0;
  while (n < most && a[n] && strncasecmp(a + n, b + n, 1) == 0)
    n++;
  return n;
}

size_t seen_complete(const struct seen *seen, const char *start, size_t n, struct buffer *rest)
{
  const char *first = NULL;
  size_t matches = 0, common = 0;
  for (size_t i = 0; i < seen->count; i++) {
    const char *name = seen->names[i];
    if (strncasecmp(name, start, n) != 0)
      continue;
    common = first ? length_in_common(first, name, common) : strlen(name);
    first = first ? first : name;
    matches++;
  }
  if (!first)
    return 0;
  common -= utf8_tail(first, common);
  if (common > n && buffer_append(rest, first + n, common - n))
    return 0;
  return matches == 1 && buffer_append(rest, " ", 1) ? 0 : matches;
}

void seen_release(struct seen *seen)
{
  for (size_t i = 0; i < seen->count; i++)
    free(seen->names[i]);
  *seen = (struct seen){0};
}
