/* The event loop: asyncore's loop over a map of channels, on libuv.
 *
 * One pass, in this order: the masks that changed are given to the poller; it is asked once;
 * every channel with something to read is read, then every channel with room is written; what was
 * closed on the way is destroyed. So a pointer to a dispatcher stays valid to the end of the pass
 * in which it was closed.
 *
 * A reactor belongs to one thread. Nothing here may be called from another, or run a loop within
 * the loop. */
#ifndef ANET_CORE_EVENT_REACTOR_H
#define ANET_CORE_EVENT_REACTOR_H

#include "core/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
  REACTOR_BUFFER_SIZE = 256 * 1024,
  REACTOR_FOREVER = -1,
};

struct poll_handle_pool;

/* What a part above the reactor keeps for its loop (pipes, sessions, a cache) and the reactor frees
 * with it. Lives in that part's own object. */
struct reactor_resource {
  struct list link;
  void (*free)(struct reactor_resource *resource); /* called once, by reactor_release */
};

struct reactor {
  uv_loop_t loop;
  uv_prepare_t before_wait; /* runs between the timers of a pass and the poller's wait */
  uv_check_t after_reads;   /* runs between the reads of a pass and the end of it */
  uv_idle_t busy;           /* active while something is ready: the poller must not wait */
  uv_timer_t bound;         /* ends the wait of one pass; see reactor_run */
  struct list channels;     /* the map: every open dispatcher */
  struct list changed;      /* those whose mask may differ from what the poller was told */
  struct list always_ready; /* those to which something happens without the poller */
  struct list writing;      /* those with room to write in this pass */
  uint64_t pass;            /* counts the passes; see dispatcher.wrote_in */
  struct list closed;       /* those to destroy at the end of this pass */
  size_t held;              /* work under way that is no channel; see reactor_hold */
  size_t threads;           /* name look-ups and other work that a thread still runs */
  bool has_threads;         /* there are some beside this one; see thread_work.h */
  bool stopping;
  uint8_t *buffer; /* REACTOR_BUFFER_SIZE bytes for a handle_read. A handler that is given bytes in
                    * it must not read another channel into it */
  struct poll_handle_pool *poll_handles;
  struct list resources; /* reactor_resource */
};

/* Makes a loop with no channels. 0 or a negative errno (out of memory or of descriptors), with
 * nothing to release then. */
int reactor_init(struct reactor *r);

/* Closes every channel, destroys them, and frees the loop. 0; or UV_EBUSY when a thread still works
 * (a name look-up, a read from a disk), which nothing can interrupt. The loop's memory stays then,
 * and the process must leave with _exit, since libuv joins the thread in exit. */
int reactor_release(struct reactor *r);

/* Runs passes while there are channels or held work, until reactor_stop. A pass waits for events
 * for at most `timeout_ms`, REACTOR_FOREVER for as long as it takes; `count` bounds the passes, 0
 * does not. */
void reactor_run(struct reactor *r, int timeout_ms, unsigned count);

/* Makes reactor_run return at the end of this pass. */
void reactor_stop(struct reactor *r);

/* asyncore's close_all: closes each channel, without its handle_close. */
void reactor_close_all(struct reactor *r);

/* Counts work that is no channel (a name look-up) so that the loop waits for it. */
void reactor_hold(struct reactor *r);
void reactor_unhold(struct reactor *r);

/* Hands over `resource`, whose `free` is set: reactor_release frees it. */
void reactor_keep(struct reactor *r, struct reactor_resource *resource);

/* What was kept with this `free`, or NULL. */
struct reactor_resource *reactor_kept(const struct reactor *r,
                                      void (*free)(struct reactor_resource *resource));

/* The time at the start of this pass's events, in milliseconds of a monotonic clock. */
uint64_t reactor_now_ms(const struct reactor *r);

#endif
