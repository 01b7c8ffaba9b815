/* The chunked transfer coding (RFC 9112 7.1), taken off as it comes. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_CHUNKED_H
#define ANET_CORE_HTTP_MESSAGE_CHUNKED_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  HTTP_LONGEST_CHUNK_LINE = 4 * 1024, /* a size with its extensions */
  HTTP_LONGEST_TRAILERS = 32 * 1024,  /* all the lines after the last chunk */
};

/* All zero is the start of a body. A client is lenient: an extension may be anything in its line,
 * as it is dropped and nobody behind the client reads it in another way; and a trailer may be
 * folded (RFC 9112 5.2). */
struct http_chunked {
  int state;
  uint64_t left;  /* of this chunk */
  size_t counted; /* bytes of the size's line, or of the trailers */
  bool lenient;   /* set by the caller */
  bool done;      /* the body and its trailers are over */
};

/* Takes some of the `n` bytes and returns how many (at least 1 unless n is 0 or the body is done).
 * `*piece` becomes the part of them that is body, maybe empty. UV_EPROTO means that the body is
 * malformed, and `*reason` says how. The result does not depend on how the bytes are split. Strict:
 * CRLF only, a size needs a digit and may not overflow, white space only where RFC 9112 7.1.1
 * allows it in an extension, no bare CR, and extensions by its grammar unless it is lenient. */
ssize_t http_chunked_next(struct http_chunked *c, const char *data, size_t n, struct span *piece,
                          const char **reason);

#endif
