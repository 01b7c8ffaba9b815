/* The transfer codings that a message names (RFC 9112 6.1). Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_TRANSFER_CODINGS_H
#define ANET_CORE_HTTP_MESSAGE_TRANSFER_CODINGS_H

#include "core/http/message/fields.h"

enum http_transfer_codings {
  HTTP_TRANSFER_CODINGS_CHUNKED, /* chunked alone: the only one supported */
  HTTP_TRANSFER_CODINGS_MALFORMED,
  HTTP_TRANSFER_CODINGS_TWICE,    /* chunked more than once */
  HTTP_TRANSFER_CODINGS_NOT_LAST, /* chunked is missing, or not the last */
  HTTP_TRANSFER_CODINGS_OTHERS,   /* there are others before it */
};

/* What all the Transfer-Encoding fields say; there is at least one. */
enum http_transfer_codings http_transfer_codings(const struct http_fields *f);

/* What is wrong, for an error or a response. */
const char *http_transfer_codings_words(enum http_transfer_codings codings);

#endif
