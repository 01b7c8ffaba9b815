/* The transfer codings that a message names (RFC 9112 6.1). Pure. */
#ifndef ANET_HTTP_CODINGS_H
#define ANET_HTTP_CODINGS_H

#include "core/http/message/fields.h"

enum http_codings {
  HTTP_CODINGS_CHUNKED, /* it alone: the only way that is understood here */
  HTTP_CODINGS_MALFORMED,
  HTTP_CODINGS_TWICE,    /* chunked more than once */
  HTTP_CODINGS_NOT_LAST, /* chunked is missing, or not the last */
  HTTP_CODINGS_OTHERS,   /* there are others before it */
};

/* What all the Transfer-Encoding fields say, of which there is at least one. */
enum http_codings http_codings(const struct http_fields *f);

/* What is wrong, for an error or an answer. */
const char *http_codings_words(enum http_codings codings);

#endif
