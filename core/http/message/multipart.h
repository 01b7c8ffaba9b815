/* multipart/form-data (RFC 7578), which browsers send for a form with files, as a stream. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_MULTIPART_H
#define ANET_CORE_HTTP_MESSAGE_MULTIPART_H

#include "core/base/buffer.h"
#include "core/base/span.h"

#include <stdbool.h>

enum {
  MULTIPART_LONGEST_BOUNDARY = 70, /* RFC 2046 5.1.1 */
  MULTIPART_LONGEST_HEAD = 8 * 1024,
};

struct multipart;

struct multipart_ops {
  /* A part begins. `name` and `filename` are NUL-terminated, from Content-Disposition as they
   * came, or decoded from `name*` and `filename*`; `filename` is NULL if the part is not a file.
   * Non-zero stops, and is what feed returns.
   */
  int (*part)(struct multipart *m, const char *name, const char *filename);
  int (*data)(struct multipart *m, const void *data, size_t n);
  int (*end)(struct multipart *m); /* the part is whole */
};

struct multipart {
  const struct multipart_ops *ops;
  char delimiter[MULTIPART_LONGEST_BOUNDARY + 5]; /* CRLF, two dashes, the boundary */
  size_t delimiter_length;
  size_t matched; /* bytes of a delimiter that the last bytes may have begun */
  size_t lent; /* and how many of them are the line end before the delimiter, which is not data */
  int state;
  bool done;          /* the closing delimiter has come: what follows is ignored */
  struct buffer held; /* a part's head that is not whole */
  const char *reason; /* a literal, once feed returned UV_EPROTO */
};

/* 0; UV_EPROTO when `content_type` is not multipart/form-data with a boundary. */
int multipart_init(struct multipart *m, const struct multipart_ops *ops, struct span content_type);

/* The next bytes of the body. Returns 0, what an op returned, UV_EPROTO or UV_ENOMEM; after an
 * error only multipart_release may follow. Holds at most a part's head. The result does not depend
 * on how the bytes are split, except for the pieces of data. A body that ends before `done` is cut
 * short.
 */
int multipart_feed(struct multipart *m, const void *data, size_t n);
void multipart_release(struct multipart *m);

#endif
