/* The head of a request, taken apart where it stands and held to RFC 9112. Pure. */
#ifndef ANET_HTTP_REQUEST_H
#define ANET_HTTP_REQUEST_H

#include "core/http/authority.h"
#include "core/http/fields.h"

enum {
  HTTP_LONGEST_TARGET = 8 * 1024,
  HTTP_LONGEST_LINE = HTTP_LONGEST_TARGET + 128, /* with a method, a version and the spaces */
  HTTP_LONGEST_HEAD = 32 * 1024,
};

/* Those the registry's core and PATCH name; others are 501 to everybody. */
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

/* Looks in `n` bytes for the end of a head, the first empty line that follows a line; empty lines
 * before it do not end it. Returns the length of the head with that line, or 0 when it is not
 * there yet. `*scanned`, 0 for a new head, is how far an earlier call has looked: with it a head
 * that comes byte by byte is looked at once. A head that was found is found again. */
size_t http_head_length(const char *data, size_t n, size_t *scanned);

/* Takes a whole head of `n` bytes, as http_head_length found it, apart. True when it is right; else
 * `status` and `reason` say what is wrong. `line` is set either way. The spans point into `head`,
 * or at a literal. One empty line before the request is passed over (RFC 9112 2.2). */
bool http_parse_request(struct http_request *r, const char *head, size_t n);

/* What the start of a head that is not whole tells already: 400 when no request can begin like
 * that (a TLS hello, binary), 414 or 431 when it has become too long, 0 when it may go on. Refuses
 * nothing that http_parse_request would take. */
unsigned http_bad_beginning(const char *data, size_t n, const char **reason);

#endif
