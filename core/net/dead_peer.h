/* Finds peers that have gone without closing while bytes to them are unacknowledged.
 *
 * Keep-alive (socket_tune) asks only on a connection that rests. With bytes unacknowledged TCP
 * itself gives up after a quarter of an hour (tcp_retries2), and TCP_USER_TIMEOUT, which would
 * shorten that, also ends a connection whose peer answers but takes nothing for a while, as a pager
 * does. So the connections on which nothing has happened are asked, now and then, for how long
 * nothing at all has been heard. Linux; elsewhere only keep-alive finds them. */
#ifndef ANET_CORE_NET_DEAD_PEER_H
#define ANET_CORE_NET_DEAD_PEER_H

#include "core/event/reactor.h"
#include "core/event/timer.h"

enum { DEAD_PEER_SWEEP_MS = 10000, DEAD_PEER_AFTER_MS = 105000 };

/* All zero is one that is not running. */
struct dead_peer_watch {
  struct reactor *reactor;
  struct timer sweep;
};

/* Watches every connected socket of `r`: one that is dead gets handle_error with UV_ETIMEDOUT, or
 * with the error that waits on it unseen. 0 or UV_ENOMEM. */
int dead_peer_watch_start(struct dead_peer_watch *w, struct reactor *r);
void dead_peer_watch_release(struct dead_peer_watch *w);

#endif
