/* From the path of a request's target to a path of the file system, and back. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_PATH_H
#define ANET_CORE_HTTP_MESSAGE_PATH_H

#include "core/base/buffer.h"
#include "core/http/message/request.h"

/* What a path names, below the root. */
struct http_path {
  size_t length;
  bool folder; /* it ended in a slash, or in a dot segment */
  bool hidden; /* a segment that is left begins with a dot, and is not `.well-known` */
  bool exact;  /* the target's path is canonical: no slashes to collapse, no dot segments */
  char text[HTTP_LONGEST_TARGET + 1]; /* decoded, NUL at the end, no slash at either end, empty for
                                       * the root */
};

/* Decodes percent-escapes (RFC 3986 2.1), collapses slashes, removes dot segments (5.2.4). True; or
 * false, and `*reason` says why it must be refused: no slash at its start, too long, a malformed
 * escape, %2F, %00, an unescaped control character, or `..` above the root. An escaped dot segment
 * counts too. */
bool http_path_parse(struct http_path *p, struct span path, const char **reason);

/* Appends `n` bytes so that they can stand in a URL's path: all but the unreserved, the sub-delims
 * (without `'`, `&` and `;`, so that it may stand in HTML), `:`, `@` and (if `slash`) `/` becomes
 * %XX. 0 or UV_ENOMEM with nothing added. */
int http_path_print(struct buffer *out, const void *data, size_t n, bool slash);

/* Appends a reference to `p`, or to the folder `p` if `folder`, for a response to a request of `p`
 * (RFC 9110 10.2.2): relative, so that it holds behind a proxy that serves the root under a prefix
 * and as the client spelled the path. `./` keeps it a path (RFC 3986 4.2). 0 or UV_ENOMEM. */
int http_path_print_relative(struct buffer *out, const struct http_path *p, bool folder);

#endif
