/* Addresses to the list of socket addresses they stand for. Names go to the system's resolver, in
 * a thread of libuv's pool; but `localhost` and every name below it are the loopback addresses,
 * whatever DNS or /etc/hosts say (RFC 6761 6.3). */
#ifndef ANET_CORE_NET_RESOLVE_H
#define ANET_CORE_NET_RESOLVE_H

#include "core/base/error.h"
#include "core/event/reactor.h"
#include "core/net/address.h"

#include <stdbool.h>
#include <stddef.h>

/* A list in the order in which to try: RFC 6724's as the resolver gives it, with the families in
 * turn (RFC 8305 4). */
struct sockaddr_list {
  struct sockaddr_storage *items;
  socklen_t *sizes;
  size_t count;
};

void sockaddr_list_release(struct sockaddr_list *list);

/* Resolves and waits for it: for what a program does before its loop runs. 0; a UV_EAI_* value or
 * UV_ENOMEM. */
int resolve_now(const struct address *a, struct sockaddr_list *out, struct error *e);

/* Whether `name` is `localhost` or ends in `.localhost`, with or without a final dot. */
bool resolve_is_loopback(const char *name);

struct resolver_request;

/* A name look-up under way. All zero but for `done` is none. */
struct resolver {
  /* `status` is 0, with `found` to be released by the handler, or as for resolve_now. */
  void (*done)(struct resolver *r, int status, struct sockaddr_list *found);
  struct resolver_request *request;
};

/* Starts to look up an ADDRESS_NAME; `done` runs later, never from within. The loop waits for it.
 * No other look-up of `r` may be under way (resolver_is_running): starting again does not make a
 * slow name server faster. 0; or a negative errno, and `done` will not run: without threads
 * UV_EAGAIN, or UV_ENOMEM. A caller that ignores it waits for ever. */
__attribute__((warn_unused_result)) int resolver_start(struct resolver *r, struct reactor *reactor,
                                                       const struct address *a);

static inline bool resolver_is_running(const struct resolver *r)
{
  return r->request != NULL;
}

/* Cancels it: `done` will not run, and the loop no longer waits. A look-up that no thread has begun
 * is dropped. One that runs cannot be stopped: its thread goes on until the name server answers or
 * the system's resolver gives up, and keeps one of the few threads of the pool; what it finds is
 * thrown away. Meanwhile reactor_release says UV_EBUSY. Any number of times. */
void resolver_cancel(struct resolver *r);

#endif
