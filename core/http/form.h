/* What browsers send of forms: application/x-www-form-urlencoded (also a query), and
 * multipart/form-data (RFC 7578) as a stream. Pure. */
#ifndef ANET_HTTP_FORM_H
#define ANET_HTTP_FORM_H

#include "core/buffer.h"
#include "core/span.h"

#include <stdbool.h>

/* Takes the next `name=value` off `rest`; a field without `=` has an empty value. False at the
 * end. Still encoded: form_decode. */
bool form_next(struct span *rest, struct span *name, struct span *value);

/* Appends it decoded: `+` is a space, %XX a byte; an escape that is none stays as it is. 0 or
 * UV_ENOMEM. */
int form_decode(struct buffer *out, struct span encoded);

/* The value of a parameter of a media type or disposition: `boundary` of
 * `multipart/form-data; boundary="a b"`, without its quotes and with quoted pairs undone. True when
 * it is there and fits `room` bytes with its NUL. */
bool http_parameter(struct span value, const char *name, char *out, size_t room);

enum {
  MULTIPART_LONGEST_BOUNDARY = 70, /* RFC 2046 5.1.1 */
  MULTIPART_LONGEST_HEAD = 8 * 1024,
};

struct multipart;

struct multipart_ops {
  /* A part begins. `name` and `filename` are NUL-terminated, from Content-Disposition as they
   * came; `filename` is NULL when the part is no file. Non-zero stops, and is what feed returns. */
  int (*part)(struct multipart *m, const char *name, const char *filename);
  int (*data)(struct multipart *m, const void *data, size_t n);
  int (*end)(struct multipart *m); /* the part is whole */
};

struct multipart {
  const struct multipart_ops *ops;
  char delimiter[MULTIPART_LONGEST_BOUNDARY + 5]; /* CRLF, two dashes, the boundary */
  size_t delimiter_length;
  int state;
  bool done; /* the closing delimiter has come: what follows is ignored */
  struct buffer held;
  const char *reason; /* a literal, once feed returned UV_EPROTO */
};

/* 0; UV_EPROTO when `content_type` is not multipart/form-data with a boundary. */
int multipart_init(struct multipart *m, const struct multipart_ops *ops, struct span content_type);

/* The next bytes of the body. 0, what an op returned, UV_EPROTO or UV_ENOMEM. Holds at most a
 * part's head and a delimiter. */
int multipart_feed(struct multipart *m, const void *data, size_t n);
void multipart_release(struct multipart *m);

#endif
