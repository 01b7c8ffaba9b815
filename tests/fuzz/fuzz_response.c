/* Responses, from any bytes: the same events, bytes and end however the stream is cut and whether
 * its body is read or moved unseen, and heads that keep the promises of the header. */
#include "core/http/response_reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

static void check(bool right)
{
  if (!right)
    abort();
}

static void check_inside(struct span s, const struct buffer *head)
{
  const char *data = (const char *)buffer_data(head);
  check(s.data >= data && s.length <= head->length);
  check((size_t)(s.data - data) <= head->length - s.length);
}

static void check_head(const struct http_response_reader *reader)
{
  const struct http_response *r = &reader->response;
  const struct buffer *head = &reader->head;
  check(!r->reason && r->status >= 100 && r->status <= 999 && r->minor <= 1);
  check(head->length <= HTTP_LONGEST_RESPONSE_HEAD &&
        !memchr(buffer_data(head), '\0', head->length));
  check_inside(r->line, head);
  check_inside(r->words, head);
  for (size_t i = 0; i < r->fields.count; i++) {
    check_inside(http_field_at(&r->fields, i)->name, head);
    check_inside(http_field_at(&r->fields, i)->value, head);
  }
  bool coded = http_has_field(&r->fields, HTTP_TRANSFER_ENCODING);
  bool none = reader->to_head || r->status < 200 || r->status == 204 || r->status == 304;
  check(r->has_length == http_has_field(&r->fields, HTTP_CONTENT_LENGTH));
  check(!(coded && (r->has_length || r->minor == 0)));
  check(r->has_length || r->length == 0);
  check(none == (r->framing == HTTP_NO_BODY));
  check(none || coded == (r->framing == HTTP_CHUNKED));
  check(none || r->has_length == (r->framing == HTTP_LENGTH));
  for (size_t n = 0; n <= head->length; n++)
    check(!http_bad_response_beginning((const char *)buffer_data(head), n));
}

/* What came of a stream. */
struct outcome {
  char *events; /* one letter each; pieces of the body that follow each other are one */
  char *body;
  size_t count, length, used;
  enum http_ending ending;
  const char *reason;
};

static void note(struct outcome *o, char event)
{
  if (event != 'b' || o->count == 0 || o->events[o->count - 1] != 'b')
    o->events[o->count++] = event;
}

static void note_body(struct outcome *o, const char *data, size_t n)
{
  check(n > 0);
  note(o, 'b');
  memcpy(o->body + o->length, data, n);
  o->length += n;
}

/* Pieces of 1 to `most` bytes, of lengths that a small generator draws from `seed`. */
static size_t next_piece(uint32_t *seed, size_t most)
{
  *seed = *seed * 1664525u + 1013904223u;
  return 1 + (*seed >> 16) % most;
}

static enum http_event move(struct outcome *o, struct http_response_reader *r, const char *data,
                            size_t n, size_t *used)
{
  uint64_t bulk = http_response_reader_bulk(r);
  *used = n < bulk ? n : (size_t)bulk;
  note_body(o, data, *used);
  return http_response_reader_moved(r, *used);
}

/* The next event, told; false after the last one. */
static bool step(struct outcome *o, struct http_response_reader *r, const char *data, size_t n,
                 bool moves, bool *more)
{
  struct span piece = {data, 0};
  size_t used;
  enum http_event event = moves && n > 0 && http_response_reader_bulk(r) > 0
                              ? move(o, r, data, n, &used)
                              : http_response_reader_next(r, data, n, &used, &piece);
  check(used <= n && piece.data >= data && piece.data + piece.length <= data + used);
  o->used += used;
  *more = event != HTTP_NEEDS_MORE;
  switch (event) {
  case HTTP_INTERIM:
  case HTTP_HEAD_CAME:
    check_head(r);
    note(o, event == HTTP_INTERIM ? 'i' : 'h');
    return true;
  case HTTP_BODY_CAME:
    note_body(o, piece.data, piece.length);
    return true;
  case HTTP_WHOLE:
    note(o, 'w');
    return false;
  case HTTP_MALFORMED:
    check(r->reason != NULL);
    note(o, 'm');
    return false;
  default:
    check(used == n);
    return true;
  }
}

static bool has_interim_only(const struct outcome *o)
{
  for (size_t i = 0; i < o->count; i++)
    if (o->events[i] != 'i')
      return false;
  return true;
}

static struct outcome read_stream(const char *data, size_t n, bool to_head, size_t most, bool moves)
{
  struct outcome o = {.events = malloc(2 * n + 2), .body = malloc(n + 1)};
  struct http_response_reader *r = malloc(sizeof *r);
  uint32_t seed = (uint32_t)n * 31 + (n > 0 ? (uint8_t)data[n / 2] : 0);
  bool goes_on = true;
  check(o.events && o.body && r);
  memset(r, 0xa5, sizeof *r);
  http_response_reader_init(r, to_head);
  while (goes_on && o.used < n) {
    size_t given = most == SIZE_MAX ? n : next_piece(&seed, most);
    size_t stop = given < n - o.used ? o.used + given : n;
    bool more = true;
    while (goes_on && more)
      goes_on = step(&o, r, data + o.used, stop - o.used, moves, &more);
  }
  o.ending = http_response_reader_end(r);
  o.reason = r->reason;
  check(r->body == o.length);
  check(goes_on || o.reason || o.ending == HTTP_ENDED_WHOLE);
  check(!o.reason || o.ending != HTTP_ENDED_WHOLE);
  check(n > 0 || o.ending == HTTP_ENDED_EMPTY);
  check(o.ending != HTTP_ENDED_EMPTY || has_interim_only(&o));
  http_response_reader_release(r);
  free(r);
  return o;
}

static void compare(const struct outcome *a, const struct outcome *b)
{
  check(a->count == b->count && memcmp(a->events, b->events, a->count) == 0);
  check(a->length == b->length && memcmp(a->body, b->body, a->length) == 0);
  check(a->ending == b->ending);
  check(!a->reason == !b->reason && (!a->reason || strcmp(a->reason, b->reason) == 0));
  /* Where one is refused, those before the bad byte may count as used or not. */
  check(a->reason || a->used == b->used);
}

static void release(struct outcome *o)
{
  free(o->events);
  free(o->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  static const size_t most[] = {1, 2, 7, 64, 1024, SIZE_MAX};
  const char *data = (const char *)input;
  for (int to_head = 0; to_head < 2; to_head++) {
    struct outcome whole = read_stream(data, n, to_head, SIZE_MAX, false);
    for (size_t i = 0; i < 2 * sizeof most / sizeof *most; i++) {
      struct outcome split = read_stream(data, n, to_head, most[i / 2], i % 2);
      compare(&whole, &split);
      release(&split);
    }
    release(&whole);
  }
  return 0;
}
