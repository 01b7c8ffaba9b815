#include "core/net/server_limits.h"

void server_limits_init(struct server_limits *l, uint64_t most, uint64_t most_per_host)
{
  *l = (struct server_limits){.most = most, .most_per_host = most_per_host};
  pthread_mutex_init(&l->lock, NULL);
}

void server_limits_release(struct server_limits *l)
{
  pthread_mutex_destroy(&l->lock);
}

bool server_limits_have_place(const struct server_limits *l)
{
  return atomic_load_explicit(&l->taken, memory_order_relaxed) < l->most;
}

void server_limits_take_place(struct server_limits *l)
{
  atomic_fetch_add_explicit(&l->taken, 1, memory_order_relaxed);
}

void server_limits_give_place(struct server_limits *l)
{
  atomic_fetch_sub_explicit(&l->taken, 1, memory_order_relaxed);
}

bool server_limits_allow_host(struct server_limits *l, const struct sockaddr *peer, socklen_t size)
{
  if (l->most_per_host == 0)
    return true;
  pthread_mutex_lock(&l->lock);
  uint64_t n = peer_count_of(&l->hosts, peer, size);
  pthread_mutex_unlock(&l->lock);
  return n < l->most_per_host;
}

struct peer_entry *server_limits_enter_host(struct server_limits *l, const struct sockaddr *peer,
                                            socklen_t size)
{
  if (l->most_per_host == 0)
    return NULL;
  pthread_mutex_lock(&l->lock);
  struct peer_entry *entry = peer_count_enter(&l->hosts, peer, size);
  pthread_mutex_unlock(&l->lock);
  return entry;
}

void server_limits_leave_host(struct server_limits *l, struct peer_entry *entry)
{
  if (!entry)
    return;
  pthread_mutex_lock(&l->lock);
  peer_count_leave(&l->hosts, entry);
  pthread_mutex_unlock(&l->lock);
}
