/* What Content-Encoding says beside content codings. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_CONTENT_CODING_H
#define ANET_CORE_HTTP_MESSAGE_CONTENT_CODING_H

#include "core/base/span.h"

#include <stdbool.h>

/* Whether servers write `name` there though it is no content coding, so that the body is as it
 * should be: `none`, `binary`, `aws-chunked`, or a charset such as `utf-8`. Case does not matter.
 * `identity` is a coding (RFC 9110 8.4.1). */
bool http_is_no_coding(struct span name);

#endif
