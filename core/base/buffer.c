#include "core/base/buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { SMALLEST = 64 };

void *page_alloc(size_t n)
{
  if (n < BUFFER_PAGE)
    return malloc(n);
  if (n > SIZE_MAX - BUFFER_PAGE)
    return NULL;
  return aligned_alloc(BUFFER_PAGE, (n + BUFFER_PAGE - 1) / BUFFER_PAGE * BUFFER_PAGE);
}

uint8_t *buffer_reserve(struct buffer *b, size_t n)
{
  if (b->capacity - b->head - b->length >= n && b->memory)
    return b->memory + b->head + b->length;
  if (n > SIZE_MAX / 2 - b->length)
    return NULL;

  size_t need = b->length + n;
  if (b->memory && need <= b->capacity) {
    memmove(b->memory, b->memory + b->head, b->length);
    b->head = 0;
    return b->memory + b->length;
  }

  size_t capacity = b->capacity ? b->capacity : SMALLEST;
  while (capacity < need)
    capacity *= 2;
  uint8_t *memory = page_alloc(capacity);
  if (!memory)
    return NULL;
  if (b->memory)
    memcpy(memory, b->memory + b->head, b->length);
  free(b->memory);
  b->memory = memory;
  b->head = 0;
  b->capacity = capacity;
  return memory + b->length;
}

void buffer_commit(struct buffer *b, size_t n)
{
  assert(n <= b->capacity - b->head - b->length);
  b->length += n;
}

int buffer_append_growing(struct buffer *b, const void *data, size_t n)
{
  if (n == 0)
    return 0;
  uint8_t *end = buffer_reserve(b, n);
  if (!end)
    return UV_ENOMEM;
  memcpy(end, data, n);
  b->length += n;
  return 0;
}

int buffer_vprintf(struct buffer *b, const char *format, va_list args)
{
  size_t room = b->memory ? b->capacity - b->head - b->length : 0;
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(room ? (char *)b->memory + b->head + b->length : NULL, room, format, args);
  char *end = NULL;
  if (n >= 0 && (size_t)n >= room && (end = (char *)buffer_reserve(b, (size_t)n + 1)) != NULL)
    vsnprintf(end, (size_t)n + 1, format, again);
  va_end(again);
  if (n < 0)
    return UV_EINVAL;
  if ((size_t)n >= room && !end)
    return UV_ENOMEM;
  b->length += (size_t)n;
  return 0;
}

int buffer_printf(struct buffer *b, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int err = buffer_vprintf(b, format, args);
  va_end(args);
  return err;
}

void buffer_consume(struct buffer *b, size_t n)
{
  if (n >= b->length) {
    buffer_release(b);
    return;
  }
  b->head += n;
  b->length -= n;
}

char *buffer_take_text(struct buffer *b)
{
  if (buffer_append(b, "", 1)) {
    buffer_release(b);
    return NULL;
  }
  memmove(b->memory, b->memory + b->head, b->length);
  char *text = (char *)b->memory;
  *b = (struct buffer){0};
  return text;
}

void buffer_release(struct buffer *b)
{
  free(b->memory);
  *b = (struct buffer){0};
}
