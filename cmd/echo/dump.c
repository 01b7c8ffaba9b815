#include "cmd/echo/dump.h"

#include "core/base/escape.h"
#include "core/base/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
  LONGEST_LINE = 64 * 1024, /* a longer one is shown in parts */
  HEX_ROW = 16,
};

const char *const dump_forms[] = {"none", "text", "lines", "hex", "raw", NULL};

static struct dump *dump_of(struct async_chat *c)
{
  return container_of(c, struct dump, out);
}

static void drained(struct async_chat *c)
{
  dump_of(c)->ops->room(dump_of(c));
}

static void failed(struct async_chat *c, int err)
{
  async_chat_close(c);
  dump_of(c)->ops->failed(dump_of(c), err);
}

static void lost(struct async_chat *c)
{
  failed(c, c->d.gone);
}

static bool never(struct async_chat *c)
{
  (void)c;
  return false;
}

int dump_open(struct dump *d, struct reactor *r, enum dump_form form, const struct dump_ops *ops)
{
  static const struct async_chat_ops out_ops = {
      .readable = never, .handle_close = lost, .handle_error = failed, .handle_drain = drained};
  d->ops = ops;
  d->form = form;
  async_chat_init(&d->out, r, &out_ops);
  return dispatcher_open_file(&d->out.d, STDOUT_FILENO);
}

/* Queues a line whole, or says that stdout failed. */
static void push_line(struct dump *d, struct buffer *line)
{
  int err = buffer_append(line, "\n", 1);
  if (!err)
    err = async_chat_push(&d->out, buffer_data(line), line->length);
  buffer_release(line);
  if (err && !dispatcher_is_closing(&d->out.d))
    failed(&d->out, err);
}

static void push_text(struct dump *d, const char *who, const void *data, size_t n)
{
  struct buffer line = {0};
  buffer_printf(&line, "%s: ", who);
  escape_text(&line, data, n, ESCAPE_LINE);
  push_line(d, &line);
}

static void push_hex_row(struct dump *d, const char *who, uint64_t offset, const uint8_t *data,
                         size_t n)
{
  struct buffer line = {0};
  buffer_printf(&line, "%s: %08" PRIx64 " ", who, offset);
  for (size_t i = 0; i < HEX_ROW; i++) {
    if (i < n)
      buffer_printf(&line, "%s%02x", i % 8 ? " " : "  ", data[i]);
    else
      buffer_append(&line, "    ", i % 8 ? 3 : 4);
  }
  buffer_append(&line, "  |", 3);
  for (size_t i = 0; i < n; i++)
    buffer_append(&line, data[i] >= 0x20 && data[i] < 0x7f ? (const char *)&data[i] : ".", 1);
  buffer_append(&line, "|", 1);
  push_line(d, &line);
}

static void hex(struct dump *d, struct dump_stream *s, const char *who, const uint8_t *data,
                size_t n)
{
  while (n > 0) {
    size_t row = n < HEX_ROW ? n : HEX_ROW;
    push_hex_row(d, who, s->offset, data, row);
    s->offset += row;
    data += row;
    n -= row;
  }
}

/* All that is whole of what came; the start of a character is kept for the next read. */
static void text(struct dump *d, struct dump_stream *s, const char *who)
{
  size_t tail = utf8_tail(buffer_data(&s->part), s->part.length);
  size_t whole = s->part.length - tail;
  if (whole > 0) {
    push_text(d, who, buffer_data(&s->part), whole);
    buffer_consume(&s->part, whole);
  }
}

static void lines(struct dump *d, struct dump_stream *s, const char *who)
{
  while (s->part.length > 0) {
    const uint8_t *start = buffer_data(&s->part);
    const uint8_t *end = memchr(start, '\n', s->part.length);
    if (!end && s->part.length <= LONGEST_LINE)
      return;
    size_t n = end ? (size_t)(end - start) : s->part.length;
    size_t shown = end && n > 0 && start[n - 1] == '\r' ? n - 1 : n;
    push_text(d, who, start, shown);
    buffer_consume(&s->part, n + (end != NULL));
  }
}

void dump_event(struct dump *d, const char *who, const char *event)
{
  struct buffer line = {0};
  if (d->form == DUMP_RAW)
    return;
  buffer_printf(&line, "%s %s", who, event);
  push_line(d, &line);
}

void dump_data(struct dump *d, struct dump_stream *s, const char *who, const void *data, size_t n)
{
  int err = 0;
  switch (d->form) {
  case DUMP_RAW:
    err = async_chat_push(&d->out, data, n);
    break;
  case DUMP_HEX:
    hex(d, s, who, data, n);
    break;
  case DUMP_TEXT:
    err = buffer_append(&s->part, data, n);
    text(d, s, who);
    break;
  case DUMP_LINES:
    err = buffer_append(&s->part, data, n);
    lines(d, s, who);
    break;
  case DUMP_NONE:
    break;
  }
  if (err && !dispatcher_is_closing(&d->out.d))
    failed(&d->out, err);
}

void dump_end(struct dump *d, struct dump_stream *s, const char *who)
{
  if (s->part.length > 0)
    push_text(d, who, buffer_data(&s->part), s->part.length);
  buffer_release(&s->part);
}

bool dump_has_room(const struct dump *d)
{
  return async_chat_has_room(&d->out);
}

void dump_close(struct dump *d)
{
  async_chat_close_when_done(&d->out);
}
