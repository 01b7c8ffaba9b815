/* The head of a request, parsed in place and checked against RFC 9112. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_REQUEST_H
#define ANET_CORE_HTTP_MESSAGE_REQUEST_H

#include "core/http/message/authority.h"
#include "core/http/message/fields.h"
#include "core/http/message/head.h"

/* The methods of RFC 9110 and PATCH; any other is 501. */
enum http_method {
  HTTP_METHOD_UNKNOWN,
  HTTP_GET,
  HTTP_HEAD,
  HTTP_OPTIONS,
  HTTP_POST,
  HTTP_PUT,
  HTTP_DELETE,
  HTTP_PATCH,
  HTTP_TRACE,
  HTTP_CONNECT,
};

struct http_request {
  struct span line;        /* the request line, without its end; set also when it is malformed */
  struct span method_name; /* as it came */
  enum http_method method;
  struct span target; /* as it came: origin-form, absolute-form, `*`, or CONNECT's authority */
  struct span path;   /* of the target, up to the query; `*` for the asterisk-form, empty for
                       * CONNECT, `/` for an absolute-form without a path */
  struct span query;  /* without its `?`; data is NULL when there is none */
  struct span host;   /* of an absolute-form or CONNECT's, else the Host field's (RFC 9112 3.3);
                       * empty when there is none */
  unsigned minor;     /* 0 for HTTP/1.0, 1 for HTTP/1.1 and what comes after it */

  bool keep_alive;       /* RFC 9112 9.3 */
  bool expects_continue; /* RFC 9110 10.1.1; never with HTTP/1.0 */
  bool chunked;          /* a body in chunks follows */
  uint64_t length;       /* of the body when it is not chunked */

  unsigned status;    /* what is wrong with it: 400, 414, 417, 431, 501, 505; 0 for nothing */
  const char *reason; /* a literal that says what */

  struct http_fields fields; /* last, because it is large and never cleared */
};

/* Parses a complete head of `n` bytes, as http_head_length found it. False if it is malformed:
 * `status` and `reason` say how. `line` is set either way. The spans point into `head`,
 * or at a literal. One empty line before the request is skipped (RFC 9112 2.2). */
bool http_parse_request(struct http_request *r, const char *head, size_t n);

#endif
