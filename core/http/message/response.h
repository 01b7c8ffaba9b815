/* The head of a response, parsed in place and checked against RFC 9112. It is refused if there is
 * any doubt about where its body ends. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_RESPONSE_H
#define ANET_CORE_HTTP_MESSAGE_RESPONSE_H

#include "core/http/message/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_LONGEST_RESPONSE_HEAD = 256 * 1024 }; /* what browsers take */

/* How the body ends (RFC 9112 6.3). */
enum http_framing {
  HTTP_NO_BODY,  /* the response to HEAD; 1xx, 204, 304 */
  HTTP_LENGTH,   /* after `length` bytes, maybe none */
  HTTP_CHUNKED,  /* with its last chunk */
  HTTP_TO_CLOSE, /* with the connection */
};

struct http_response {
  struct span line;  /* the status line, without its end */
  unsigned status;   /* 100 to 999 */
  unsigned minor;    /* 0 for HTTP/1.0, 1 for what comes after it */
  struct span words; /* the reason phrase; maybe empty */
  enum http_framing framing;
  uint64_t length;    /* HTTP_LENGTH; for HTTP_NO_BODY what Content-Length said, else 0 */
  bool has_length;    /* there is a Content-Length */
  const char *reason; /* a literal that says what is wrong with it, when it was refused */

  struct http_fields fields; /* last, because it is large and never cleared */
};

/* Parses a complete head of `n` bytes, with its empty line; `to_head` says that the request was
 * HEAD. Lines end in CRLF or LF. True; or false with r->reason. Refused are: lengths that differ
 * (equal ones pass, also in one list) or are malformed; Content-Length with Transfer-Encoding; a
 * transfer coding other than chunked; chunked in HTTP/1.0, or not last; folded lines, which
 * http_unfold has replaced before; NUL, a CR without LF; a version other than HTTP/1; a malformed
 * status. The spans point into `head`. http_fields_release frees its fields in any case. */
bool http_parse_response(struct http_response *r, const char *head, size_t n, bool to_head);

/* Judges an incomplete head by its start: NULL, or a literal that says why it cannot become a
 * response (it does not begin with HTTP/1., it is longer than HTTP_LONGEST_RESPONSE_HEAD, its
 * status line is malformed already). */
const char *http_bad_response_beginning(const char *data, size_t n);

#endif
