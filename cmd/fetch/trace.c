#include "cmd/fetch/trace.h"

#include "core/base/escape.h"
#include "core/base/log.h"

static void trace_line(char mark, const char *line, size_t n)
{
  struct buffer text = {0};
  if (buffer_printf(&text, "%c ", mark) == 0)
    escape_text(&text, line, n, ESCAPE_CONTROLS);
  log_line(&text);
}

void trace_head(const char *name, char mark, struct span head)
{
  if (!log_enabled(LOG_DEBUG))
    return;
  if (log_is_json()) {
    log_event(LOG_DEBUG, name,
              (const struct log_field[]){{.name = "head", .text = head.data, .length = head.length},
                                         {0}});
    return;
  }
  const char *at = head.data, *end = at + head.length;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
    trace_line(mark, at, (size_t)(stop - at) - (stop > at && stop[-1] == '\r'));
    at = stop + 1;
  }
}
