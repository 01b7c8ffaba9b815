/* What a client prefers (RFC 9110 12). Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_NEGOTIATE_H
#define ANET_CORE_HTTP_MESSAGE_NEGOTIATE_H

#include "core/http/message/fields.h"

/* The weight, in thousandths, that Accept-Encoding gives to `coding` (12.5.3): 0 is "not
 * acceptable". Without the field only identity is (1000). Identity that is not named, nor meant by
 * `*`, weighs 1: acceptable, and less than all that is named. x-gzip is gzip. A weight that does
 * not parse counts as 0, and of several the greatest. */
unsigned http_coding_weight(const struct http_fields *f, const char *coding);

/* Whether Accept names text/html or text with a star, with a weight: what a browser asks for when
 * it navigates, and a script or an image does not. */
bool http_names_html(const struct http_fields *f);

/* Whether Accept (12.5.1) wants application/json rather than text/html: its weight is greater, or
 * the same where HTML is only meant by a wildcard and JSON is named. A name says more than a
 * wildcard, of several that say the same the greatest weight counts, and parameters do not
 * count. Without the field: no. */
bool http_wants_json(const struct http_fields *f);

#endif
