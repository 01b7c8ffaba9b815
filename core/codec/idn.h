/* Internationalised host names (IDNA 2008, RFC 5891), by libidn2, which is opened on the first use.
 */
#ifndef ANET_CORE_CODEC_IDN_H
#define ANET_CORE_CODEC_IDN_H

#include "core/base/error.h"

#include <stdbool.h>

/* Whether a host is in need of it: it has a byte that is not ASCII. */
bool idn_is_needed(const char *host);

/* What is looked up and sent for `host`, which is UTF-8: its A-labels. `*ascii` is to be freed. 0;
 * UV_EINVAL with an error that quotes the host and says what IDNA has against it; UV_ENOMEM; or
 * another negative errno when libidn2 is not to be had. */
int idn_to_ascii(const char *host, char **ascii, struct error *e);

#endif
