/* Appends to a buffer and remembers the first error, so that a head or a page is written as one
 * row of calls and its error is asked for once, at the end. */
#ifndef ANET_CORE_BASE_WRITER_H
#define ANET_CORE_BASE_WRITER_H

#include "core/base/buffer.h"
#include "core/base/escape.h"
#include "core/base/span.h"

#include <stdarg.h>

struct writer {
  struct buffer *to; /* borrowed */
  int error;         /* 0, or the first error; nothing more is appended after it */
};

static inline void writer_init(struct writer *w, struct buffer *to)
{
  *w = (struct writer){.to = to};
}

void writer_bytes(struct writer *w, const void *data, size_t n);
void writer_text(struct writer *w, const char *text);
void writer_span(struct writer *w, struct span s);

/* printf, without the closing NUL. */
void writer_format(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void writer_vformat(struct writer *w, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Escaped for a line or a terminal; as the inside of a JSON string. */
void writer_escaped(struct writer *w, struct span s, enum escape_mode mode);
void writer_json(struct writer *w, struct span s);

/* Remembers the error of something else that appended to `to`; 0 is none. */
void writer_note(struct writer *w, int error);

#endif
