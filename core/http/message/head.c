#include "core/http/message/head.h"

#include "core/http/message/character.h"

#include <stdbool.h>
#include <string.h>

/* As far as a beginning is looked at for what no method has. */
enum { LONGEST_METHOD_LOOKED_AT = 64 };

/* Where the line whose LF is at `at` has its end. */
static size_t line_stop(const char *data, size_t at)
{
  return at > 0 && data[at - 1] == '\r' ? at - 1 : at;
}

/* Whether the LF at `at` ends an empty line that follows one that is not. If the line before is
 * empty too, both stand before the head, or that one would have ended it. */
static bool ends_head(const char *data, size_t at)
{
  size_t stop = line_stop(data, at);
  if (stop == 0 || data[stop - 1] != '\n')
    return false;
  size_t before = line_stop(data, stop - 1);
  return before > 0 && data[before - 1] != '\n';
}

size_t http_head_length(const char *data, size_t n, size_t *scanned)
{
  while (*scanned < n) {
    const char *newline = memchr(data + *scanned, '\n', n - *scanned);
    if (!newline)
      break;
    *scanned = (size_t)(newline - data);
    if (ends_head(data, *scanned))
      return *scanned + 1;
    ++*scanned;
  }
  *scanned = n;
  return 0;
}

/* Whether the bytes can be a method and what follows it; a part of one too. */
static bool may_be_method(const char *data, size_t n)
{
  size_t looked_at = n < LONGEST_METHOD_LOOKED_AT ? n : LONGEST_METHOD_LOOKED_AT;
  const char *end = data + looked_at, *stop = http_skip(data, end, HTTP_IN_TOKEN);
  return stop == end || (stop > data && *stop == ' ');
}

unsigned http_bad_beginning(const char *data, size_t n, const char **reason)
{
  if (n >= 2 && data[0] == 0x16 && data[1] == 0x03) { /* a handshake record: RFC 8446 5.1 */
    *reason = "this is TLS, not HTTP";
    return 400;
  }
  if (n == 1 && data[0] == '\r')
    return 0; /* the LF of an empty line is on its way */
  const char *end = data + n, *line = data + http_end_of_line(data, end);
  size_t left = (size_t)(end - line);
  if (!may_be_method(line, left)) {
    *reason = "this does not begin like HTTP";
    return 400;
  }
  enum { LONGEST = HTTP_LONGEST_LINE + 2 }; /* with its CRLF */
  if (left > LONGEST && !memchr(line, '\n', LONGEST)) {
    bool method = !memchr(line, ' ', HTTP_LONGEST_LINE - HTTP_LONGEST_TARGET);
    *reason = method ? "a method longer than any" : "the request line is too long";
    return method ? 501 : 414; /* RFC 9112 3 */
  }
  if (n > HTTP_LONGEST_HEAD) {
    *reason = "the head is too long";
    return 431;
  }
  return 0;
}
