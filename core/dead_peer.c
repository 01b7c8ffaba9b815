#include "core/dead_peer.h"

#include "core/dispatcher.h"
#include "core/socket.h"

static bool is_dead(const struct dispatcher *d, uint64_t now)
{
  /* What is written down costs nothing to ask; the socket is asked only after that. */
  return d->connected && now - d->active_ms >= DEAD_PEER_AFTER_MS &&
         socket_unanswered_ms(d->fd) >= DEAD_PEER_AFTER_MS;
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
    if (is_dead(d, now))
      dispatcher_fail(d, UV_ETIMEDOUT);
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
