/* What the name of a file says of its contents. Pure. */
#ifndef ANET_CMD_FETCH_NAME_CODING_H
#define ANET_CMD_FETCH_NAME_CODING_H

#include "core/base/span.h"

#include <stdbool.h>

/* Whether a file called `name` is to hold bytes in the content coding `coding` (RFC 9110 8.4.1):
 * `data.gz` and `site.tgz` are gzip files, and so are their bytes. Letters may be of any case, and
 * x-gzip is gzip. */
bool name_has_coding(struct span name, struct span coding);

/* Whether the name says any coding. */
bool name_is_coded(struct span name);

#endif
