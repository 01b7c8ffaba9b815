/* The limits and the counters of a server, or of several servers that share them, each with a
 * reactor in a thread of its own.
 *
 * Any thread may call these functions and read the counters. The limits themselves are set before
 * the first server runs, and only read then. A place is looked for when a connection is accepted,
 * and taken when it begins: with N threads at most N - 1 connections too many can get in. A server
 * hears only of the places that its own connections give back: where limits are shared, somebody
 * must call server_may_accept for the others, each in its own thread. */
#ifndef ANET_CORE_NET_SERVER_LIMITS_H
#define ANET_CORE_NET_SERVER_LIMITS_H

#include "core/net/peer_count.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct server_limits {
  uint64_t most;          /* connections open at once */
  uint64_t most_per_host; /* of them from one host (peer_count.h); 0 for no such limit */
  _Atomic uint64_t taken; /* places of `most` */
  pthread_mutex_t lock;   /* of `hosts`; used with most_per_host alone */
  struct peer_count hosts;
};

/* Sums since the servers started; `open` is what is open now. */
struct server_counters {
  _Atomic uint64_t open, accepted, refused, failed, received, sent;
};

void server_limits_init(struct server_limits *l, uint64_t most, uint64_t most_per_host);

/* After the last connection has ended. */
void server_limits_release(struct server_limits *l);

bool server_limits_have_place(const struct server_limits *l);
void server_limits_take_place(struct server_limits *l);
void server_limits_give_place(struct server_limits *l);

/* Whether the host of `peer` may have one more connection. */
bool server_limits_allow_host(struct server_limits *l, const struct sockaddr *peer, socklen_t size);

/* Counts a connection of a host, as peer_count_enter does. */
struct peer_entry *server_limits_enter_host(struct server_limits *l, const struct sockaddr *peer,
                                            socklen_t size);
void server_limits_leave_host(struct server_limits *l, struct peer_entry *entry);

/* Adds to one of the counters. They are read as they are; no order between them is promised. */
static inline void server_count(_Atomic uint64_t *counter, uint64_t n)
{
  atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
