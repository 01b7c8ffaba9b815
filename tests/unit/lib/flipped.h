/* The smallest transport that is not plain: each bit of the stream is turned round on the wire. */
#ifndef ANET_TESTS_FLIPPED_H
#define ANET_TESTS_FLIPPED_H

#include "tests/unit/lib/harness.h"

/* Makes one that holds no state. */
extern struct transport_maker flipped;

/* What the peer writes and reads. */
void put_flipped(int fd, const char *text);
void assert_gets_flipped(int fd, const char *text);

#endif
