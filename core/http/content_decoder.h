/* Content codings taken off (RFC 9110 8.4.1): gzip and deflate, by zlib, which is opened on the
 * first use. */
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

/* NULL, and `e` says why: no memory, or zlib is not to be had. */
struct http_content_decoder *http_content_decoder_new(enum http_coding coding, struct error *e);

/* Decodes some of `*input`, which becomes what is left of it, into `out` of `room` bytes (at least
 * one), and returns how many bytes it made. To be called again while it returns some or there is
 * input left. 0 when there is no input left and nothing to come of it; UV_EPROTO with `*reason`, a
 * literal, when the input is not of the coding: a bad check sum, bytes that follow the end;
 * UV_ENOMEM, likewise; and the same again from then on. What came before the fault is given first.
 * The bytes and the verdict do not depend on how the input is split, nor on the room. */
ssize_t http_content_decoder_next(struct http_content_decoder *d, struct span *input, void *out,
                                  size_t room, const char **reason);

/* Whether the input may end here: the coding has come to its end. No input at all may, too: a body
 * without a byte is empty whatever its coding. */
bool http_content_decoder_is_done(const struct http_content_decoder *d);

void http_content_decoder_free(struct http_content_decoder *d); /* NULL does nothing */

#endif
