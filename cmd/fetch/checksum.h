/* The sum that a body is to have, as the user gives it. */
#ifndef ANET_CMD_FETCH_CHECKSUM_H
#define ANET_CMD_FETCH_CHECKSUM_H

#include "core/base/error.h"
#include "core/base/span.h"

/* `algorithm.data` NULL is none. */
struct checksum {
  struct span algorithm;
  const char *hex; /* as many digits as it has */
};

/* Reads ALGORITHM:HEX, which must stay. 0; or UV_EINVAL with an error that says what is wrong. */
int checksum_parse(struct checksum *c, const char *text, struct error *e);

#endif
