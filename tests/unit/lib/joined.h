/* A relay between two or three ends, with the peers of each, and long streams through it. */
#ifndef ANET_TESTS_JOINED_H
#define ANET_TESTS_JOINED_H

#include "tests/unit/lib/harness.h"

#include "core/stream/relay.h"

/* It records `half`, `over` and `destroy`. */
struct joined {
  struct relay relay;
  int a, b; /* the peers of ends[0] and ends[1] */
};

/* Two sockets; TCP or unix. */
void join_two(struct joined *j, struct reactor *r, bool tcp);

/* stdin and stdout, which are the caller's to close, and a unix socket. The peer is `b`. */
void join_three(struct joined *j, struct reactor *r, const struct relay_ops *ops, int in, int out);
extern const struct relay_ops joined_ops;

/* Closes the peers, and runs the loop until the relay is over. */
void join_end(struct joined *j, struct reactor *r);

/* One way of a long stream: the peers write as much as there is room for, read what there is, and
 * check that it is in order. The descriptors may be blocking. */
struct stream {
  int from, to;
  uint64_t written, read;
};
void stream_write(struct stream *s, uint64_t until);
void stream_read(struct stream *s);

#endif
