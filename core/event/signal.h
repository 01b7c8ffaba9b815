/* Signals on the loop. The handle of libuv has memory of its own, so that an owner may be freed
 * right after the release, without waiting for libuv. */
#ifndef ANET_CORE_EVENT_SIGNAL_H
#define ANET_CORE_EVENT_SIGNAL_H

#include "core/event/reactor.h"

#include <stdbool.h>

struct signal_handle;

/* All zero but for `fire` is a watch that is not running. */
struct signal_watch {
  void (*fire)(struct signal_watch *w); /* each time it comes; may release the watch, and close
                                         * anything */
  struct signal_handle *handle;
  int number;
};

/* Watches for `number`, even if it was ignored when the program started (a shell ignores SIGINT in
 * its background jobs, and a server must still stop at it). 0 or a negative errno. */
int signal_watch_start(struct signal_watch *w, struct reactor *r, int number);

/* Stops it. Must be done before reactor_release; any number of times. */
void signal_watch_release(struct signal_watch *w);

/* Whether the program ignores `number`, as nohup makes it ignore SIGHUP. */
bool signal_is_ignored(int number);

#endif
