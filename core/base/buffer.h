/* Growable bytes with a head offset: append at the end, consume from the front. */
#ifndef ANET_CORE_BASE_BUFFER_H
#define ANET_CORE_BASE_BUFFER_H

#include "core/base/span.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BUFFER_PAGE = 4096 };

/* Memory for free(3). The kernel copies to and from the beginning of a page at twice the speed of
 * an address within it, so what holds BUFFER_PAGE bytes or more begins at a page. NULL without
 * memory.
 */
void *page_alloc(size_t n);

/* All zero is an empty buffer that owns no memory. */
struct buffer {
  uint8_t *memory;
  size_t head;     /* where the first live byte is */
  size_t length;   /* live bytes */
  size_t capacity; /* size of memory */
};

/* The first live byte; valid until the next append or release. */
static inline const uint8_t *buffer_data(const struct buffer *b)
{
  return b->memory + b->head;
}

static inline struct span buffer_span(const struct buffer *b)
{
  return (struct span){(const char *)buffer_data(b), b->length};
}

/* Makes room for `n` more bytes and returns where they go; they count only once buffer_commit
 * says so. NULL without memory, and the buffer is as it was. */
uint8_t *buffer_reserve(struct buffer *b, size_t n);

/* Counts `n` bytes that were written where buffer_reserve pointed. */
void buffer_commit(struct buffer *b, size_t n);

/* The same as buffer_append, in any case. */
int buffer_append_growing(struct buffer *b, const void *data, size_t n);

/* Adds a copy of `n` bytes. 0, or UV_ENOMEM with nothing added. */
static inline int buffer_append(struct buffer *b, const void *data, size_t n)
{
  if (n == 0)
    return 0;
  if (!b->memory || n > b->capacity - b->head - b->length)
    return buffer_append_growing(b, data, n);
  memcpy(b->memory + b->head + b->length, data, n);
  b->length += n;
  return 0;
}

/* printf at the end, without the closing NUL. 0, or UV_ENOMEM with nothing added. */
int buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buffer_vprintf(struct buffer *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Drops all bytes, and keeps the memory for the next ones. */
static inline void buffer_clear(struct buffer *b)
{
  b->head = b->length = 0;
}

/* Drops `n` bytes, at most all, from the front. The memory goes when the last byte does, so that
 * a connection that rests holds none. */
void buffer_consume(struct buffer *b, size_t n);

/* Gives the bytes away as a string, with a NUL behind them, for the caller to free. NULL without
 * memory; the buffer is empty then, too. */
char *buffer_take_text(struct buffer *b);

/* Frees the memory; the buffer is empty and can be used again. */
void buffer_release(struct buffer *b);

#endif
