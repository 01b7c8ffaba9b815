#include "core/base/writer.h"

void writer_note(struct writer *w, int error)
{
  if (!w->error)
    w->error = error;
}

void writer_bytes(struct writer *w, const void *data, size_t n)
{
  if (!w->error)
    w->error = buffer_append(w->to, data, n);
}

void writer_text(struct writer *w, const char *text)
{
  writer_bytes(w, text, strlen(text));
}

void writer_span(struct writer *w, struct span s)
{
  writer_bytes(w, s.data, s.length);
}

void writer_vformat(struct writer *w, const char *format, va_list args)
{
  if (!w->error)
    w->error = buffer_vprintf(w->to, format, args);
}

void writer_format(struct writer *w, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  writer_vformat(w, format, args);
  va_end(args);
}

void writer_escaped(struct writer *w, struct span s, enum escape_mode mode)
{
  if (!w->error)
    w->error = escape_text(w->to, s.data, s.length, mode);
}

void writer_json(struct writer *w, struct span s)
{
  if (!w->error)
    w->error = escape_json(w->to, s.data, s.length);
}
