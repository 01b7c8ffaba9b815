/* One-shot timers and signals on the loop. Their libuv handles have memory of their own, so that
 * an owner may be freed right after it let go, without waiting for libuv. */
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

/* Fires once, `ms` from now; if it was running, that is forgotten. 0 or UV_ENOMEM. */
int timer_start(struct timer *t, struct reactor *r, uint64_t ms);

/* Stops it for now, cheaply: for one that will be started again. */
void timer_stop(struct timer *t);

bool timer_is_running(const struct timer *t);

/* Stops it and lets go of its handle. Must have been done before reactor_release; any number of
 * times. */
void timer_release(struct timer *t);

struct signal_handle;

/* The same for a signal, which fires each time it comes. */
struct signal_watch {
  void (*fire)(struct signal_watch *w);
  struct signal_handle *handle;
  int number;
};

/* Watches for `number`, also where it was ignored when the program started (a shell does that to
 * the SIGINT of its background jobs, and a server must still be told to stop). 0 or a negative
 * errno. */
int signal_watch_start(struct signal_watch *w, struct reactor *r, int number);
void signal_watch_release(struct signal_watch *w);

#endif
