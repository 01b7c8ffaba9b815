/* Internationalised host names (IDNA 2008, RFC 5891), by libidn2, which is opened on the first use.
 */
#ifndef ANET_CORE_CODEC_IDN_H
#define ANET_CORE_CODEC_IDN_H

#include "core/base/error.h"

#include <stdbool.h>

/* Whether the name of a host needs it: a byte of it is not ASCII. */
bool idn_is_needed(const char *host);

/* The A-labels of `host`, which is UTF-8: the form to look up and to send. The caller frees
 * `*ascii`. 0; UV_EINVAL, and `e` quotes the host and says what is wrong with it; UV_ENOMEM; or
 * another negative errno when libidn2 cannot be opened. */
int idn_to_ascii(const char *host, char **ascii, struct error *e);

#endif
