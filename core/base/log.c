#include "core/base/log.h"

#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/base/log_queue.h"
#include "core/base/writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
  const char *command;
  enum log_level level;
  bool json;
} settings = {.level = LOG_INFO};

bool log_enabled(enum log_level level)
{
  return level <= settings.level;
}

bool log_is_json(void)
{
  return settings.json;
}

/* The parts of a line. */

static void add_json_bytes(struct writer *w, const char *name, struct span text)
{
  writer_format(w, ",\"%s\":\"", name);
  writer_json(w, text);
  writer_text(w, "\"");
}

static void add_json_string(struct writer *w, const char *name, const char *text)
{
  add_json_bytes(w, name, span_of(text));
}

static void start_text(struct writer *w)
{
  writer_text(w, "anet: ");
  if (settings.command)
    writer_format(w, "%s: ", settings.command);
}

static void start_json(struct writer *w, enum log_level level, const char *event)
{
  static const char *const levels[] = {"error", "notice", "info", "debug"};
  struct timespec now;
  struct tm utc;
  char date[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  writer_format(w, "{\"time\":\"%s.%03ldZ\"", date, now.tv_nsec / 1000000);
  add_json_string(w, "level", levels[level]);
  if (settings.command)
    add_json_string(w, "command", settings.command);
  add_json_string(w, "event", event);
}

static void add_field(struct writer *w, const struct log_field *f)
{
  struct span text = {f->text, f->length || !f->text ? f->length : strlen(f->text)};
  if (f->text && settings.json) {
    add_json_bytes(w, f->name, text);
    return;
  }
  writer_format(w, settings.json ? ",\"%s\":" : " %s ", f->name);
  if (f->text)
    writer_escaped(w, text, ESCAPE_LINE);
  else if (f->milli)
    writer_format(w, "%" PRIu64 ".%03u", f->number / 1000, (unsigned)(f->number % 1000));
  else
    writer_format(w, "%" PRIu64, f->number);
}

/* Whole lines. */

/* Without memory for it the line counts as lost. */
static void finish(struct writer *w)
{
  writer_text(w, "\n");
  if (w->error)
    buffer_release(w->to);
  log_queue_put(w->to);
}

void log_line(struct buffer *line)
{
  struct writer w;
  writer_init(&w, line);
  finish(&w);
}

void log_event(enum log_level level, const char *event, const struct log_field *fields)
{
  struct buffer line = {0};
  struct writer w;
  if (!log_enabled(level))
    return;
  writer_init(&w, &line);
  if (settings.json) {
    start_json(&w, level, event);
  } else {
    start_text(&w);
    writer_text(&w, event);
  }
  for (const struct log_field *f = fields; f && f->name; f++)
    add_field(&w, f);
  if (settings.json)
    writer_text(&w, "}");
  finish(&w);
}

static void write_error(struct writer *w, struct span text)
{
  if (settings.json) {
    start_json(w, LOG_ERROR, "error");
    add_json_bytes(w, "message", text);
    writer_text(w, "}");
  } else {
    start_text(w);
    writer_escaped(w, text, ESCAPE_CONTROLS);
  }
}

void log_error(const char *format, ...)
{
  struct buffer text = {0}, line = {0};
  struct writer w;
  va_list args;
  writer_init(&w, &line);
  va_start(args, format);
  writer_note(&w, buffer_vprintf(&text, format, args));
  va_end(args);
  write_error(&w, (struct span){(const char *)buffer_data(&text), text.length});
  finish(&w);
  buffer_release(&text);
}

void log_last_words(const char *event, int code)
{
  char line[256];
  const char *command = settings.command ? settings.command : "";
  const char *format = settings.json
                           ? "{\"level\":\"error\",\"command\":\"%s%s\",\"event\":\"error\","
                             "\"message\":\"%s: %s\"}\n"
                           : "anet: %s%s%s: %s\n";
  int n = snprintf(line, sizeof line, format, command, command[0] && !settings.json ? ": " : "",
                   event, error_words(code));
  if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
    return; /* there is nobody left to tell */
}

static int confess(struct buffer *out, uint64_t lost)
{
  struct writer w;
  writer_init(&w, out);
  if (settings.json) {
    start_json(&w, LOG_NOTICE, "lost");
    writer_format(&w, ",\"lines\":%" PRIu64 "}\n", lost);
  } else {
    writer_format(&w, "anet: %" PRIu64 " log lines were lost\n", lost);
  }
  return w.error;
}

void log_setup(const char *command, enum log_level level, bool json)
{
  settings.command = command;
  settings.level = level;
  settings.json = json;
  log_queue_reset(confess);
}
