#include "core/net/dead_peer.h"

#include "core/event/dispatcher.h"
#include "core/os/socket.h"

/* An error if it is dead, else 0. The socket, which costs a system call, is asked last. */
static int is_dead(const struct dispatcher *d, uint64_t now)
{
  if (!dispatcher_is_connected(d) || now - d->active_ms < DEAD_PEER_AFTER_MS)
    return 0;
  if (socket_unanswered_ms(d->fd) >= DEAD_PEER_AFTER_MS)
    return UV_ETIMEDOUT;
  /* One that is not polled, since nothing is wanted of it, would not hear of a reset. */
  return d->mask == 0 ? socket_error(d->fd) : 0;
}

static void sweep(struct timer *t)
{
  struct dead_peer_watch *w = container_of(t, struct dead_peer_watch, sweep);
  struct reactor *r = w->reactor;
  uint64_t now = reactor_now_ms(r);
  timer_start(t, r, DEAD_PEER_SWEEP_MS);

  /* A handler may close any channel: each is taken off before it is looked at, and those that stay
   * go back in the same order. */
  struct list round;
  struct list *node;
  list_init(&round);
  list_move_all(&round, &r->channels);
  while ((node = list_pop(&round)) != NULL) {
    struct dispatcher *d = container_of(node, struct dispatcher, channel);
    list_append(&r->channels, node);
    int err = is_dead(d, now);
    if (err)
      dispatcher_fail(d, err);
  }
}

int dead_peer_watch_start(struct dead_peer_watch *w, struct reactor *r)
{
  w->reactor = r;
  w->sweep.fire = sweep;
  return timer_start(&w->sweep, r, DEAD_PEER_SWEEP_MS);
}

void dead_peer_watch_release(struct dead_peer_watch *w)
{
  timer_release(&w->sweep);
}
