#include "cmd/echo/dump.h"

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/base/writer.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
  LONGEST_LINE = 64 * 1024, /* a longer line is shown in parts */
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

/* Queues all lines of one event together, so that they leave in few calls. */
static void push(struct dump *d, struct writer *lines)
{
  int err = lines->error;
  if (!err && lines->to->length)
    err = async_chat_push(&d->out, buffer_data(lines->to), lines->to->length);
  buffer_release(lines->to);
  if (err && !dispatcher_is_closing(&d->out.d))
    failed(&d->out, err);
}

static void write_line(struct writer *w, const char *who, const void *data, size_t n)
{
  writer_format(w, "%s: ", who);
  writer_escaped(w, (struct span){data, n}, ESCAPE_LINE);
  writer_text(w, "\n");
}

static void write_hex_row(struct writer *w, const char *who, uint64_t offset, const uint8_t *data,
                          size_t n)
{
  char characters[HEX_ROW];
  writer_format(w, "%s: %08" PRIx64 " ", who, offset);
  for (size_t i = 0; i < HEX_ROW; i++) {
    const char *gap = i % 8 ? " " : "  ";
    if (i < n)
      writer_format(w, "%s%02x", gap, data[i]);
    else
      writer_format(w, "%s  ", gap);
  }
  for (size_t i = 0; i < n; i++)
    characters[i] = data[i] < 0x80 && !ascii_is_control((char)data[i]) ? (char)data[i] : '.';
  writer_format(w, "  |%.*s|\n", (int)n, characters);
}

static void write_hex(struct writer *w, struct dump_stream *s, const char *who, const uint8_t *data,
                      size_t n)
{
  while (n > 0) {
    size_t row = n < HEX_ROW ? n : HEX_ROW;
    write_hex_row(w, who, s->offset, data, row);
    s->offset += row;
    data += row;
    n -= row;
  }
}

/* All whole characters; the start of another is kept for the next read. */
static void write_text(struct writer *w, struct dump_stream *s, const char *who)
{
  size_t whole = s->part.length - utf8_tail(buffer_data(&s->part), s->part.length);
  if (whole > 0) {
    write_line(w, who, buffer_data(&s->part), whole);
    buffer_consume(&s->part, whole);
  }
}

static void write_lines(struct writer *w, struct dump_stream *s, const char *who)
{
  while (s->part.length > 0) {
    const uint8_t *start = buffer_data(&s->part);
    const uint8_t *end = memchr(start, '\n', s->part.length);
    if (!end && s->part.length <= LONGEST_LINE)
      return;
    size_t n = end ? (size_t)(end - start) : s->part.length;
    size_t shown = end && n > 0 && start[n - 1] == '\r' ? n - 1 : n;
    write_line(w, who, start, shown);
    buffer_consume(&s->part, n + (end != NULL));
  }
}

void dump_event(struct dump *d, const char *who, const char *event)
{
  struct buffer line = {0};
  struct writer w = {.to = &line};
  if (d->form == DUMP_RAW)
    return;
  writer_format(&w, "%s %s\n", who, event);
  push(d, &w);
}

void dump_data(struct dump *d, struct dump_stream *s, const char *who, const void *data, size_t n)
{
  struct buffer lines = {0};
  struct writer w = {.to = &lines};
  switch (d->form) {
  case DUMP_RAW:
    writer_bytes(&w, data, n);
    break;
  case DUMP_HEX:
    write_hex(&w, s, who, data, n);
    break;
  case DUMP_TEXT:
    writer_note(&w, buffer_append(&s->part, data, n));
    write_text(&w, s, who);
    break;
  case DUMP_LINES:
    writer_note(&w, buffer_append(&s->part, data, n));
    write_lines(&w, s, who);
    break;
  case DUMP_NONE:
    break;
  }
  push(d, &w);
}

void dump_end(struct dump *d, struct dump_stream *s, const char *who)
{
  struct buffer line = {0};
  struct writer w = {.to = &line};
  if (s->part.length > 0)
    write_line(&w, who, buffer_data(&s->part), s->part.length);
  buffer_release(&s->part);
  push(d, &w);
}

bool dump_has_room(const struct dump *d)
{
  return async_chat_has_room(&d->out);
}

void dump_close(struct dump *d)
{
  async_chat_close_when_done(&d->out);
}
