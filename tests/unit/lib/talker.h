/* An async_chat that records what it gets, and does in found_terminator what a test says. */
#ifndef ANET_TESTS_TALKER_H
#define ANET_TESTS_TALKER_H

#include "tests/unit/lib/harness.h"

#include "core/stream/async_chat.h"

/* The record of it: `C x` collected, `T` found, `X` closed, `connect`, `drain`, `error E`,
 * `destroy` where `says_destroy` is set. */
struct talker {
  struct async_chat c;
  struct script script; /* installed by a test that needs it */
  bool says_destroy, says_drain;
  void (*in_T)(struct talker *t, int turn); /* called in the turn-th found_terminator, from 1 */
  void (*in_connect)(struct talker *t);
  void (*in_collect)(struct talker *t);
  bool (*in_read)(struct talker *t); /* what handle_read does; false without it */
  int turn;
};

void talker_init(struct talker *t, struct reactor *r);

/* The same on one end of a connected pair; returns the peer's end. */
int talker_pair(struct talker *t, struct reactor *r);

#endif
