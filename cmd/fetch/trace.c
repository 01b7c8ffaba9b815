#include "cmd/fetch/trace.h"

#include "core/base/ascii.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/writer.h"

#include <stddef.h>
#include <stdio.h>

static void trace_line(char mark, const char *line, size_t n)
{
  struct buffer text = {0};
  if (buffer_printf(&text, "%c ", mark) == 0)
    escape_text(&text, line, n, ESCAPE_CONTROLS);
  log_line(&text);
}

static bool is_one_of(struct span text, const char *const *names)
{
  for (; *names; names++) {
    if (span_is_nocase(text, *names))
      return true;
  }
  return false;
}

static bool is_secret(struct span name)
{
  static const char *const secrets[] = {
      "authorization", "proxy-authorization",  "cookie", "set-cookie", "x-api-key", "x-auth-token",
      "private-token", "x-amz-security-token", NULL};
  return is_one_of(name, secrets);
}

/* The length of the part of a secret value that may be shown: `Basic `. */
static size_t scheme_length(struct span value)
{
  static const char *const schemes[] = {"basic", "bearer", "digest", "negotiate",
                                        "ntlm",  "token",  NULL};
  const char *space = value.length > 0 ? memchr(value.data, ' ', value.length) : NULL;
  bool known = space && is_one_of(span_between(value.data, space), schemes);
  return known ? (size_t)(space + 1 - value.data) : 0;
}

/* A line without its end. */
static void put_line(struct writer *w, struct span line)
{
  const char *colon = line.length > 0 ? memchr(line.data, ':', line.length) : NULL;
  struct span name = span_between(line.data, colon ? colon : line.data);
  if (!colon || !is_secret(name)) {
    writer_span(w, line);
    return;
  }
  struct span value = span_trim(span_between(colon + 1, line.data + line.length));
  writer_span(w, name);
  writer_text(w, ": ");
  writer_bytes(w, value.data, scheme_length(value));
  writer_text(w, "[hidden]");
}

/* The head with its secrets hidden. 0 or UV_ENOMEM. */
static int hide_secrets(struct buffer *out, struct span head)
{
  const char *at = head.data, *end = at + head.length;
  struct writer w;
  writer_init(&w, out);
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
    const char *line_end = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
    put_line(&w, span_between(at, line_end));
    at = newline ? newline + 1 : end;
    writer_bytes(&w, line_end, (size_t)(at - line_end));
  }
  return w.error;
}

static void trace(const char *name, char mark, struct span head)
{
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

void trace_head(const char *name, char mark, struct span head, bool shows_secrets)
{
  struct buffer safe = {0};
  if (!log_enabled(LOG_DEBUG))
    return;
  if (shows_secrets)
    trace(name, mark, head);
  else if (hide_secrets(&safe, head) == 0)
    trace(name, mark, buffer_span(&safe));
  buffer_release(&safe);
}

static void warn(enum log_level level, const char *text)
{
  log_event(level, "warning", (const struct log_field[]){{.name = "of", .text = text}, {0}});
}

void trace_no_coding(struct span name)
{
  char text[128];
  snprintf(text, sizeof text, "'%.*s' in Content-Encoding, which is no coding",
           name.length < 64 ? (int)name.length : 64, name.data);
  warn(LOG_DEBUG, text);
}

void trace_no_chunks(void)
{
  warn(LOG_INFO, "a server of HTTP/1.0, which may not know chunks: --length sends the length");
}
