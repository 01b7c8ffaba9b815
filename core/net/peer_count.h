/* How many connections each host has open. */
#ifndef ANET_CORE_NET_PEER_COUNT_H
#define ANET_CORE_NET_PEER_COUNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct peer_entry;

/* A hash table with an entry for each host that has a connection, and nothing for the others. All
 * zero is an empty one, which owns no memory. */
struct peer_count {
  struct peer_entry **buckets;
  size_t size; /* of buckets: 0 or a power of two */
  size_t used; /* entries */
  uint64_t seed;
};

/* A host is an IPv4 address, also when it comes mapped into IPv6, or an IPv6 /64, the least that
 * one site gets (RFC 6177); a link-local address, whose /64 the whole link has, counts alone. */

/* How many connections the host of `peer` has; 0 for a unix socket. */
uint64_t peer_count_of(const struct peer_count *p, const struct sockaddr *peer, socklen_t size);

/* Counts one more. Returns what peer_count_leave takes; NULL, and nothing is counted, for a unix
 * socket or without memory. */
struct peer_entry *peer_count_enter(struct peer_count *p, const struct sockaddr *peer,
                                    socklen_t size);

/* One less; `entry` may be NULL. The table is empty again when each has left. */
void peer_count_leave(struct peer_count *p, struct peer_entry *entry);

#endif
