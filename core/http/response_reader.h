/* Reads the responses to one request, in pieces of any size: interim responses (RFC 9110 15.2), the
 * head, the body without chunk framing, and whether it is complete. Pure. */
#ifndef ANET_CORE_HTTP_RESPONSE_READER_H
#define ANET_CORE_HTTP_RESPONSE_READER_H

#include "core/base/buffer.h"
#include "core/http/message/chunked.h"
#include "core/http/message/response.h"

enum {
  HTTP_MOST_INTERIM = 100
}; /* interim responses; with more the stream is malformed, so that no
    * server can keep us waiting for ever */

enum http_event {
  HTTP_NEEDS_MORE, /* all that was given is used, and nothing came of it */
  HTTP_INTERIM,    /* an interim response: its head */
  HTTP_HEAD_CAME,  /* the final one's head */
  HTTP_BODY_CAME,  /* `piece` is the next of the body; never empty */
  HTTP_WHOLE,      /* the response is over, and all of it came */
  HTTP_MALFORMED,  /* it cannot be read: `reason` */
};

/* How a stream has ended. */
enum http_ending {
  HTTP_ENDED_WHOLE, /* the response was over, or ends with the connection */
  HTTP_ENDED_EMPTY, /* before anything came but interim responses */
  HTTP_ENDED_IN_HEAD,
  HTTP_ENDED_IN_BODY,
};

struct http_response_reader {
  int state;
  bool to_head;
  unsigned interim; /* responses so far */
  uint64_t left;    /* of a body with a length */
  uint64_t body;    /* bytes of the body so far, without chunks */
  struct http_chunked chunks;
  struct buffer head; /* of the last response whose head came, or what there is of the next */
  size_t scanned;
  const char *reason;            /* a literal */
  struct http_response response; /* its spans point into `head`, until the next one begins */
};

/* `to_head` says that the request was HEAD. */
void http_response_reader_init(struct http_response_reader *r, bool to_head);

/* Takes some of the `n` bytes at `data`: `*used` of them, and returns an event. Call it again with
 * the rest, even an empty one, until HTTP_NEEDS_MORE; HTTP_WHOLE and HTTP_MALFORMED are the last
 * events. `piece` points into `data`. Except for the sizes of the body's pieces, the events do not
 * depend on how the stream is split. Bytes after the response are left unused. 101 is a final
 * response: we never ask for an upgrade. Without memory the event is HTTP_MALFORMED. */
enum http_event http_response_reader_next(struct http_response_reader *r, const char *data,
                                          size_t n, size_t *used, struct span *piece);

/* How many of the next bytes are body for sure, and may be moved elsewhere unseen. UINT64_MAX for a
 * body that ends with the connection; 0 for chunks, and outside a body. */
uint64_t http_response_reader_bulk(const struct http_response_reader *r);

/* `n` bytes of those were moved: HTTP_WHOLE when they were the last, else HTTP_NEEDS_MORE. */
enum http_event http_response_reader_moved(struct http_response_reader *r, uint64_t n);

/* The connection has ended, in good order. */
enum http_ending http_response_reader_end(const struct http_response_reader *r);

void http_response_reader_release(struct http_response_reader *r);

#endif
