/* A dispatcher that records every call it gets, and does as it is told in them. */
#ifndef ANET_TESTS_PROBE_H
#define ANET_TESTS_PROBE_H

#include "tests/unit/lib/harness.h"

struct probe {
  struct dispatcher d;
  const char *name; /* stands before each call in the record; NULL for none */

  bool wants_no_read, wants_write; /* what readable() and writable() say */
  bool leaves;                     /* handle_read leaves what there is to read */
  bool stays;                      /* handle_close does not close */

  const char *closes_in; /* the call in which it closes `closes`: "read", "write" ... */
  struct dispatcher *closes;
  int accepted; /* connections that were accepted, and closed */
};

/* Without handle_expt, handle_accept and handle_error. */
extern const struct dispatcher_ops probe_ops;

/* The same with one more. */
extern const struct dispatcher_ops probe_ops_expt, probe_ops_accept, probe_ops_error;

/* Not open yet. It must live as long as the reactor, which destroys it. */
void probe_init(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops,
                const char *name);

/* The same on one end of a connected pair, TCP or unix; returns the peer's end. */
int probe_pair(struct probe *p, struct reactor *r, const struct dispatcher_ops *ops, bool tcp);

#endif
