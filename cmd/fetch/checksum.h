/* The checksum that the user expects of a body. */
#ifndef ANET_CMD_FETCH_CHECKSUM_H
#define ANET_CMD_FETCH_CHECKSUM_H

#include "core/base/error.h"
#include "core/base/span.h"

/* Without one, `algorithm.data` is NULL. */
struct checksum {
  struct span algorithm;
  const char *hex; /* all digits of the sum */
};

/* Reads ALGORITHM:HEX; `text` must outlive `c`. 0, or UV_EINVAL with an error. */
int checksum_parse(struct checksum *c, const char *text, struct error *e);

#endif
