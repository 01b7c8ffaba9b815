#include "cmd/run/access_log.h"

#include "core/base/escape.h"
#include "core/base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

/* Keeping. */

static void move(struct span *s, char **end)
{
  if (s->length)
    memcpy(*end, s->data, s->length);
  s->data = *end;
  *end += s->length;
}

int access_entry_keep(struct access_entry *e)
{
  size_t n = e->host.length + e->user.length + e->line.length + e->referer.length + e->agent.length;
  char *kept = malloc(n + 1);
  char *end = kept;
  if (!kept)
    return UV_ENOMEM;
  move(&e->host, &end);
  move(&e->user, &end);
  move(&e->line, &end);
  move(&e->referer, &end);
  move(&e->agent, &end);
  free(e->kept);
  e->kept = kept;
  return 0;
}

void access_entry_release(struct access_entry *e)
{
  free(e->kept);
  *e = (struct access_entry){0};
}

/* The request line (RFC 9112 3): METHOD SP TARGET SP VERSION. */

struct request_line {
  struct span method, target, version;
};

static struct span part(const char *from, const char *to)
{
  return (struct span){from, (size_t)(to - from)};
}

/* False if the line is malformed: then all of it is shown. */
static bool take_apart(struct request_line *r, struct span line)
{
  static const char protocol[] = "HTTP/";
  const size_t n = sizeof protocol - 1;
  const char *first = line.length ? memchr(line.data, ' ', line.length) : NULL;
  const char *last = line.length ? memrchr(line.data, ' ', line.length) : NULL;
  if (!first || first == last)
    return false;
  r->method = part(line.data, first);
  r->target = part(first + 1, last);
  r->version = part(last + 1, line.data + line.length);
  return r->method.length > 0 && r->target.length > 0 &&
         !memchr(r->target.data, ' ', r->target.length) && r->version.length > n &&
         memcmp(r->version.data, protocol, n) == 0;
}

static struct span shown_line(struct span line)
{
  struct request_line r;
  if (line.length > ACCESS_LONGEST_BAD_LINE && !take_apart(&r, line))
    line.length = ACCESS_LONGEST_BAD_LINE;
  return line;
}

/* Text. */

/* Escapes what a line may not contain, and the ASCII characters in `ends`. */
static void put_escaped(struct buffer *out, struct span s, const char *ends)
{
  const char *from = s.data, *end = s.data + s.length;
  for (const char *at = from; at < end; at++) {
    if (*at == '\0' || !strchr(ends, *at))
      continue;
    escape_text(out, from, (size_t)(at - from), ESCAPE_LINE);
    buffer_printf(out, "\\x%02x", (unsigned)*at);
    from = at + 1;
  }
  escape_text(out, from, (size_t)(end - from), ESCAPE_LINE);
}

static void put_word(struct buffer *out, struct span s)
{
  if (s.length == 0)
    buffer_append(out, "-", 1);
  else
    put_escaped(out, s, " \"");
}

static void put_quoted(struct buffer *out, struct span s)
{
  buffer_append(out, " \"", 2);
  if (s.length == 0)
    buffer_append(out, "-", 1);
  else
    put_escaped(out, s, "\"");
  buffer_append(out, "\"", 1);
}

/* The local time with its offset from UTC. */
static const char *date_of(struct access_log *log, int64_t seconds)
{
  time_t t = (time_t)seconds;
  struct tm tm;
  if (log->date[0] && log->time == seconds)
    return log->date;
  log->time = seconds;
  if (!localtime_r(&t, &tm) ||
      strftime(log->date, sizeof log->date, "[%d/%b/%Y:%H:%M:%S %z]", &tm) == 0)
    strcpy(log->date, "[-]");
  return log->date;
}

static void write_text(struct access_log *log, const struct access_entry *e)
{
  struct buffer out = {0};
  put_word(&out, e->host);
  buffer_append(&out, " - ", 3);
  put_word(&out, e->user);
  buffer_printf(&out, " %s", date_of(log, e->time));
  put_quoted(&out, shown_line(e->line));
  buffer_printf(&out, " %u ", e->status);
  if (e->bytes)
    buffer_printf(&out, "%" PRIu64, e->bytes);
  else
    buffer_append(&out, "-", 1);
  put_quoted(&out, e->referer);
  put_quoted(&out, e->agent);
  buffer_printf(&out, " %" PRIu64 ".%03u", e->duration_ms / 1000,
                (unsigned)(e->duration_ms % 1000));
  log_line(&out);
}

/* JSON. */

enum { MOST_FIELDS = 11 };

struct fields {
  struct log_field all[MOST_FIELDS + 1];
  size_t count;
};

static void add_text(struct fields *f, const char *name, struct span s)
{
  if (s.length)
    f->all[f->count++] = (struct log_field){.name = name, .text = s.data, .length = s.length};
}

static void add_number(struct fields *f, const char *name, uint64_t number)
{
  f->all[f->count++] = (struct log_field){.name = name, .number = number};
}

static void write_json(const struct access_entry *e)
{
  struct fields f = {0};
  struct request_line r;
  add_text(&f, "host", e->host);
  add_text(&f, "user", e->user);
  if (take_apart(&r, e->line)) {
    add_text(&f, "method", r.method);
    add_text(&f, "target", r.target);
    add_text(&f, "version", r.version);
  } else {
    add_text(&f, "line", shown_line(e->line));
  }
  add_number(&f, "status", e->status);
  add_number(&f, "bytes", e->bytes);
  add_text(&f, "referer", e->referer);
  add_text(&f, "agent", e->agent);
  add_number(&f, "seconds", e->duration_ms);
  f.all[f.count - 1].milli = true;
  log_event(LOG_INFO, "request", f.all);
}

void access_log_write(struct access_log *log, const struct access_entry *e)
{
  if (!log_enabled(LOG_INFO))
    return;
  if (log_is_json())
    write_json(e);
  else
    write_text(log, e);
}
