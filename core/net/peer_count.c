#include "core/net/peer_count.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SIZE = 64 };

/* The IPv6 address that stands for a host: IPv4 as it is mapped, and a /64 with nothing behind. */
struct host {
  uint64_t high, low;
};

struct peer_entry {
  struct peer_entry *next; /* in its bucket */
  struct host host;
  uint64_t count;
};

static void host_of_ipv6(struct host *h, const struct in6_addr *address)
{
  memcpy(&h->high, address->s6_addr, sizeof h->high);
  if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_LINKLOCAL(address))
    memcpy(&h->low, address->s6_addr + sizeof h->high, sizeof h->low);
}

/* False for what has no host. */
static bool host_of(struct host *h, const struct sockaddr *peer, socklen_t size)
{
  *h = (struct host){0, 0};
  if (size >= sizeof(struct sockaddr_in6) && peer->sa_family == AF_INET6) {
    host_of_ipv6(h, &((const struct sockaddr_in6 *)peer)->sin6_addr);
    return true;
  }
  if (size >= sizeof(struct sockaddr_in) && peer->sa_family == AF_INET) {
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(mapped.s6_addr + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    host_of_ipv6(h, &mapped);
    return true;
  }
  return false;
}

/* The mixing step of splitmix64. */
static uint64_t mix(uint64_t x)
{
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static struct peer_entry **bucket_of(const struct peer_count *p, const struct host *h)
{
  return &p->buckets[mix(mix(h->high ^ p->seed) ^ h->low) & (p->size - 1)];
}

static struct peer_entry *find(const struct peer_count *p, const struct host *h)
{
  if (p->used == 0)
    return NULL;
  for (struct peer_entry *e = *bucket_of(p, h); e; e = e->next) {
    if (e->host.high == h->high && e->host.low == h->low)
      return e;
  }
  return NULL;
}

static void link_entry(struct peer_count *p, struct peer_entry *e)
{
  struct peer_entry **bucket = bucket_of(p, &e->host);
  e->next = *bucket;
  *bucket = e;
}

/* Room for one more entry, with as many buckets as entries at least. False without memory. */
static bool make_room(struct peer_count *p)
{
  struct peer_count larger = {.size = p->size ? p->size * 2 : FIRST_SIZE, .seed = p->seed};
  if (p->used < p->size)
    return true;
  larger.buckets = calloc(larger.size, sizeof(void *));
  if (!larger.buckets)
    return false;
  /* Secret, or one could choose addresses that all fall into one bucket. */
  if (p->size == 0 && getrandom(&larger.seed, sizeof larger.seed, GRND_NONBLOCK) < 0)
    larger.seed = (uintptr_t)larger.buckets;
  for (size_t i = 0; i < p->size; i++) {
    for (struct peer_entry *e = p->buckets[i], *next; e; e = next) {
      next = e->next;
      link_entry(&larger, e);
    }
  }
  larger.used = p->used;
  free(p->buckets);
  *p = larger;
  return true;
}

uint64_t peer_count_of(const struct peer_count *p, const struct sockaddr *peer, socklen_t size)
{
  struct host h;
  const struct peer_entry *e = host_of(&h, peer, size) ? find(p, &h) : NULL;
  return e ? e->count : 0;
}

struct peer_entry *peer_count_enter(struct peer_count *p, const struct sockaddr *peer,
                                    socklen_t size)
{
  struct host h;
  if (!host_of(&h, peer, size))
    return NULL;
  struct peer_entry *e = find(p, &h);
  if (!e) {
    e = calloc(1, sizeof *e);
    if (!e || !make_room(p)) {
      free(e);
      return NULL;
    }
    e->host = h;
    link_entry(p, e);
    p->used++;
  }
  e->count++;
  return e;
}

void peer_count_leave(struct peer_count *p, struct peer_entry *entry)
{
  if (!entry || --entry->count > 0)
    return;
  struct peer_entry **at = bucket_of(p, &entry->host);
  while (*at != entry)
    at = &(*at)->next;
  *at = entry->next;
  free(entry);
  if (--p->used > 0)
    return;
  free(p->buckets);
  *p = (struct peer_count){0};
}
