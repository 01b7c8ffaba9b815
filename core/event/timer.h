/* One-shot timers on the loop. The handle of libuv has memory of its own, so that an owner may be
 * freed right after the release, without waiting for libuv. */
#ifndef ANET_CORE_EVENT_TIMER_H
#define ANET_CORE_EVENT_TIMER_H

#include "core/event/reactor.h"

#include <stdbool.h>
#include <stdint.h>

struct timer_handle;

/* All zero but for `fire` is a timer that is not running. */
struct timer {
  void (*fire)(struct timer *t); /* may restart or release the timer, and close anything */
  struct timer_handle *handle;
};

/* Takes the memory that the timer needs, so that timer_start cannot fail: for a wait that would
 * have no end without it. 0 or UV_ENOMEM. */
int timer_reserve(struct timer *t, struct reactor *r);

/* Fires once, `ms` from now; if it was running, that is forgotten. 0 or UV_ENOMEM, which is
 * possible only at the first start without timer_reserve. */
int timer_start(struct timer *t, struct reactor *r, uint64_t ms);

/* Stops it for now, cheaply: for one that will be started again. */
void timer_stop(struct timer *t);

bool timer_is_running(const struct timer *t);

/* Stops it and lets go of its handle. Must have been done before reactor_release; any number of
 * times. */
void timer_release(struct timer *t);

#endif
