/* Ranges against a size, and paths: what they promise holds for any input. The first byte chooses:
 * odd for a path, even for ranges, whose size is in the eight bytes that follow. */
#include "core/http/message/path.h"
#include "core/http/message/range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A broken promise ends the fuzzer. */
static void promise(bool holds)
{
  if (!holds)
    abort();
}

static bool are_apart(const struct http_range *a, const struct http_range *b)
{
  return (a->last < b->first && b->first - a->last > 1) ||
         (b->last < a->first && a->first - b->last > 1);
}

static void check_ranges(struct span value, uint64_t size)
{
  struct http_range ranges[HTTP_MOST_RANGES];
  size_t count = 99;
  uint64_t sum = 0;
  enum http_range_result result = http_ranges(value, size, ranges, &count);
  promise((result == HTTP_RANGE_SOME) == (count > 0) && count <= HTTP_MOST_RANGES);
  for (size_t i = 0; i < count; i++) {
    promise(ranges[i].first <= ranges[i].last && ranges[i].last < size);
    for (size_t j = 0; j < i; j++)
      promise(are_apart(&ranges[i], &ranges[j]));
    uint64_t length = ranges[i].last - ranges[i].first + 1;
    promise(length <= size - sum);
    sum += length;
  }
}

/* No empty and no dot segment, no slash at either end, no NUL. */
static void check_text(const struct http_path *p)
{
  promise(p->length <= HTTP_LONGEST_TARGET && p->text[p->length] == '\0');
  promise(strlen(p->text) == p->length);
  if (p->length == 0) {
    promise(p->folder);
    return;
  }
  bool hidden = false;
  const char *s = p->text;
  for (;;) {
    struct span segment = {s, strcspn(s, "/")};
    promise(segment.length > 0 && !span_is(segment, ".") && !span_is(segment, ".."));
    hidden = hidden || (*s == '.' && !span_is(segment, ".well-known"));
    if (s[segment.length] == '\0')
      break;
    s += segment.length + 1;
  }
  promise(p->hidden == hidden);
}

/* Parses `before` and the path, which must say the same as `want` does. */
static void check_same(const struct http_path *want, const char *before, const void *path, size_t n,
                       bool exact)
{
  struct http_path p;
  struct buffer whole = {0};
  const char *reason;
  promise(buffer_append(&whole, before, strlen(before)) == 0);
  promise(buffer_append(&whole, path, n) == 0);
  struct span span = {(const char *)buffer_data(&whole), whole.length};
  if (n + strlen(before) <= HTTP_LONGEST_TARGET) {
    promise(http_path_parse(&p, span, &reason));
    promise(p.length == want->length && memcmp(p.text, want->text, p.length) == 0);
    promise(p.hidden == want->hidden && p.folder == want->folder && p.exact == exact);
  }
  buffer_release(&whole);
}

static void check_path(struct span path)
{
  struct http_path p;
  struct buffer printed = {0};
  const char *reason = NULL;
  if (!http_path_parse(&p, path, &reason)) {
    promise(reason);
    return;
  }
  check_text(&p);
  check_same(&p, "/.", path.data, path.length, false); /* which takes the long way */
  promise(http_path_print(&printed, p.text, p.length, true) == 0);
  if (p.folder && p.length > 0)
    promise(buffer_append(&printed, "/", 1) == 0);
  check_same(&p, "/", printed.length ? (const void *)buffer_data(&printed) : "", printed.length,
             true);
  buffer_release(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
  uint64_t size;
  if (n > 0 && data[0] & 1) {
    check_path((struct span){(const char *)data + 1, n - 1});
    return 0;
  }
  if (n < 1 + sizeof size)
    return 0;
  memcpy(&size, data + 1, sizeof size);
  data += 1 + sizeof size;
  check_ranges((struct span){(const char *)data, n - 1 - sizeof size}, size);
  return 0;
}
