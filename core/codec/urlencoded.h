/* application/x-www-form-urlencoded, as browsers send it for a form and in a query. Pure.
 * multipart.h has the other one. */
#ifndef ANET_CORE_CODEC_URLENCODED_H
#define ANET_CORE_CODEC_URLENCODED_H

#include "core/base/buffer.h"
#include "core/base/span.h"

#include <stdbool.h>

/* Takes the next `name=value` off `rest`; a field without `=` has an empty value, and empty fields
 * are skipped. False at the end. Still encoded: urlencoded_decode. */
bool urlencoded_next(struct span *rest, struct span *name, struct span *value);

/* Appends `encoded` decoded: `+` is a space, %XX a byte; a malformed escape stays as it is. 0, or
 * UV_ENOMEM with nothing added. */
int urlencoded_decode(struct buffer *out, struct span encoded);

#endif
