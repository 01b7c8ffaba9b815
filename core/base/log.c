#include "core/base/log.h"

#include "core/base/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_WAIT_MS = 1000 };

static struct {
  const char *command;
  enum log_level level;
  bool json;
  unsigned long lost; /* lines that stderr did not take, up to now */
} settings = {.level = LOG_INFO};

void log_setup(const char *command, enum log_level level, bool json)
{
  settings.command = command;
  settings.level = level;
  settings.json = json;
}

bool log_enabled(enum log_level level)
{
  return level <= settings.level;
}

bool log_is_json(void)
{
  return settings.json;
}

/* Whether stderr takes PIPE_BUF bytes without blocking. Who does not read it is waited for once,
 * for a moment, and not again before it reads on: a log must not stop a server. */
static bool has_room(void)
{
  struct pollfd end = {.fd = STDERR_FILENO, .events = POLLOUT};
  int ready = poll(&end, 1, settings.lost ? 0 : LONGEST_WAIT_MS);
  return ready != 0;
}

/* In one write where that is possible, so that lines of several processes do not mix. False when
 * some of it could not be written. */
static bool write_all(const char *data, size_t n)
{
  while (n > 0) {
    if (!has_room())
      return false;
    ssize_t put = write(STDERR_FILENO, data, n < PIPE_BUF ? n : PIPE_BUF);
    if (put < 0 && errno != EINTR && errno != EAGAIN)
      return true; /* nobody will ever read it */
    if (put > 0) {
      data += put;
      n -= (size_t)put;
    }
  }
  return true;
}

/* Says how many lines are missing, once there is room. */
static bool confess(void)
{
  char text[64];
  int n = snprintf(text, sizeof text, "\nanet: %lu log lines were lost\n", settings.lost);
  return write_all(text, (size_t)n);
}

void log_line(struct buffer *line)
{
  if (buffer_append(line, "\n", 1) == 0) {
    if ((settings.lost && !confess()) || !write_all((const char *)buffer_data(line), line->length))
      settings.lost++;
    else
      settings.lost = 0;
  }
  buffer_release(line);
}

static void start_text(struct buffer *line)
{
  buffer_printf(line, "anet: ");
  if (settings.command)
    buffer_printf(line, "%s: ", settings.command);
}

static void add_json_bytes(struct buffer *line, const char *name, const char *text, size_t n)
{
  buffer_printf(line, ",\"%s\":\"", name);
  escape_json(line, text, n);
  buffer_append(line, "\"", 1);
}

static void add_json_string(struct buffer *line, const char *name, const char *text)
{
  add_json_bytes(line, name, text, strlen(text));
}

static void start_json(struct buffer *line, enum log_level level)
{
  static const char *const levels[] = {"error", "notice", "info", "debug"};
  struct timespec now;
  struct tm utc;
  char date[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  buffer_printf(line, "{\"time\":\"%s.%03ldZ\"", date, now.tv_nsec / 1000000);
  add_json_string(line, "level", levels[level]);
  if (settings.command)
    add_json_string(line, "command", settings.command);
}

static void add_field(struct buffer *line, const struct log_field *f)
{
  size_t n = f->length || !f->text ? f->length : strlen(f->text);
  if (f->text && settings.json) {
    add_json_bytes(line, f->name, f->text, n);
    return;
  }
  buffer_printf(line, settings.json ? ",\"%s\":" : " %s ", f->name);
  if (f->text)
    escape_text(line, f->text, n, ESCAPE_LINE);
  else if (f->milli)
    buffer_printf(line, "%" PRIu64 ".%03u", f->number / 1000, (unsigned)(f->number % 1000));
  else
    buffer_printf(line, "%" PRIu64, f->number);
}

void log_event(enum log_level level, const char *event, const struct log_field *fields)
{
  struct buffer line = {0};
  if (!log_enabled(level))
    return;
  if (settings.json) {
    start_json(&line, level);
    add_json_string(&line, "event", event);
  } else {
    start_text(&line);
    buffer_printf(&line, "%s", event);
  }
  for (const struct log_field *f = fields; f && f->name; f++)
    add_field(&line, f);
  if (settings.json)
    buffer_append(&line, "}", 1);
  log_line(&line);
}

void log_error(const char *format, ...)
{
  struct buffer line = {0};
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);

  if (settings.json) {
    start_json(&line, LOG_ERROR);
    add_json_string(&line, "event", "error");
    add_json_string(&line, "message", text);
    buffer_append(&line, "}", 1);
  } else {
    start_text(&line);
    escape_text(&line, text, strlen(text), ESCAPE_CONTROLS);
  }
  log_line(&line);
}
