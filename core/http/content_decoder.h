/* Decodes content codings (RFC 9110 8.4.1): gzip and deflate. Uses zlib, opened on first use. */
#ifndef ANET_CORE_HTTP_CONTENT_DECODER_H
#define ANET_CORE_HTTP_CONTENT_DECODER_H

#include "core/base/error.h"
#include "core/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum http_coding {
  HTTP_GZIP,    /* also x-gzip; one member or several (RFC 1952 2.2), and zero bytes behind the
                   last, as gzip(1) allows */
  HTTP_DEFLATE, /* as RFC 9110 says, in a zlib stream; or bare, as some send it */
};

struct http_content_decoder;

/* NULL, and `e` says why: no memory, or zlib cannot be loaded. */
struct http_content_decoder *http_content_decoder_new(enum http_coding coding, struct error *e);

/* Decodes some of `*input`, which becomes the rest of it, into `out` of `room` bytes (at least
 * one). Returns the number of bytes written; call it again while it writes some or input is left. 0
 * means that the input is used up. UV_EPROTO, with the literal `*reason`, means that the input is
 * malformed (a bad checksum, bytes after the end); UV_ENOMEM likewise; each further call returns
 * the same. Bytes before the fault are written first. The result does not depend on how the input
 * is split, nor on the room. */
ssize_t http_content_decoder_next(struct http_content_decoder *d, struct span *input, void *out,
                                  size_t room, const char **reason);

/* Whether the input may end here: the coding is complete. Input without a byte may, too: an empty
 * body is empty in any coding. */
bool http_content_decoder_is_done(const struct http_content_decoder *d);

void http_content_decoder_free(struct http_content_decoder *d); /* NULL does nothing */

#endif
