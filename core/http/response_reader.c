#include "core/http/response_reader.h"

#include "core/http/message/head.h"

#include <assert.h>

enum state {
  NOTHING, /* has come yet */
  BETWEEN, /* after an interim response */
  HEAD,
  BODY, /* maybe an empty one */
  OVER,
};

void http_response_reader_init(struct http_response_reader *r, bool to_head)
{
  memset(r, 0, offsetof(struct http_response_reader, response));
  r->response.fields.more = NULL;
  r->to_head = to_head;
  r->chunks.lenient = true;
}

static enum http_event malformed(struct http_response_reader *r, const char *reason)
{
  r->reason = reason;
  return HTTP_MALFORMED;
}

static enum http_event over(struct http_response_reader *r)
{
  r->state = OVER;
  return HTTP_WHOLE;
}

/* `n` bytes of the body, which is not in chunks, have come. */
static void count(struct http_response_reader *r, uint64_t n)
{
  r->body += n;
  if (r->response.framing == HTTP_LENGTH)
    r->left -= n;
}

/* The head is whole. */
static enum http_event take_head(struct http_response_reader *r)
{
  const char *head = (const char *)buffer_data(&r->head);
  struct http_response *response = &r->response;
  http_fields_release(&response->fields); /* of an interim response */
  http_unfold((char *)r->head.memory + r->head.head, r->head.length);
  if (!http_parse_response(response, head, r->head.length, r->to_head))
    return malformed(r, response->reason);
  if (response->status < 200 && response->status != 101) {
    if (++r->interim > HTTP_MOST_INTERIM)
      return malformed(r, "too many interim responses");
    r->state = BETWEEN;
    return HTTP_INTERIM;
  }
  r->state = BODY;
  r->left = response->framing == HTTP_LENGTH ? response->length : 0;
  return HTTP_HEAD_CAME;
}

/* Takes a line or what there is of it, so that nothing of the body is copied. */
static enum http_event read_head(struct http_response_reader *r, const char *data, size_t n,
                                 size_t *used)
{
  while (*used < n) {
    const char *from = data + *used, *newline = memchr(from, '\n', n - *used);
    size_t taken = newline ? (size_t)(newline - from) + 1 : n - *used;
    size_t room = HTTP_LONGEST_RESPONSE_HEAD + 1 - r->head.length;
    if (taken > room)
      taken = room;
    if (buffer_append(&r->head, from, taken) != 0)
      return malformed(r, "out of memory");
    *used += taken;
    const char *head = (const char *)buffer_data(&r->head);
    const char *wrong = http_bad_response_beginning(head, r->head.length);
    if (wrong)
      return malformed(r, wrong);
    if (http_head_length(head, r->head.length, &r->scanned) > 0)
      return take_head(r);
  }
  return HTTP_NEEDS_MORE;
}

static enum http_event read_chunks(struct http_response_reader *r, const char *data, size_t n,
                                   size_t *used, struct span *piece)
{
  while (*used < n && !r->chunks.done) {
    const char *reason;
    ssize_t taken = http_chunked_next(&r->chunks, data + *used, n - *used, piece, &reason);
    if (taken < 0)
      return malformed(r, reason);
    *used += (size_t)taken;
    if (piece->length > 0) {
      r->body += piece->length;
      return HTTP_BODY_CAME;
    }
  }
  return r->chunks.done ? over(r) : HTTP_NEEDS_MORE;
}

static enum http_event read_body(struct http_response_reader *r, const char *data, size_t n,
                                 size_t *used, struct span *piece)
{
  if (r->response.framing == HTTP_CHUNKED)
    return read_chunks(r, data, n, used, piece);
  uint64_t most = http_response_reader_bulk(r);
  if (most == 0)
    return over(r);
  if (n == 0)
    return HTTP_NEEDS_MORE;
  *used = n < most ? n : (size_t)most;
  *piece = (struct span){data, *used};
  count(r, *used);
  return HTTP_BODY_CAME;
}

enum http_event http_response_reader_next(struct http_response_reader *r, const char *data,
                                          size_t n, size_t *used, struct span *piece)
{
  *used = 0;
  *piece = (struct span){data, 0};
  if (r->reason)
    return HTTP_MALFORMED;
  if (r->state == OVER)
    return HTTP_WHOLE;
  if (r->state == BODY)
    return read_body(r, data, n, used, piece);
  if (n > 0 && r->state != HEAD) {
    buffer_consume(&r->head, r->head.length);
    r->scanned = 0;
    r->state = HEAD;
  }
  return read_head(r, data, n, used);
}

uint64_t http_response_reader_bulk(const struct http_response_reader *r)
{
  if (r->state != BODY || r->reason)
    return 0;
  return r->response.framing == HTTP_TO_CLOSE ? UINT64_MAX : r->left;
}

enum http_event http_response_reader_moved(struct http_response_reader *r, uint64_t n)
{
  assert(n <= http_response_reader_bulk(r));
  count(r, n);
  return http_response_reader_bulk(r) == 0 ? over(r) : HTTP_NEEDS_MORE;
}

enum http_ending http_response_reader_end(const struct http_response_reader *r)
{
  if (r->state == NOTHING || r->state == BETWEEN)
    return HTTP_ENDED_EMPTY;
  if (r->state == OVER)
    return HTTP_ENDED_WHOLE;
  if (r->state != BODY)
    return HTTP_ENDED_IN_HEAD;
  bool more = r->response.framing == HTTP_CHUNKED || r->left > 0;
  return more || r->reason ? HTTP_ENDED_IN_BODY : HTTP_ENDED_WHOLE;
}

void http_response_reader_release(struct http_response_reader *r)
{
  buffer_release(&r->head);
  http_fields_release(&r->response.fields);
}
