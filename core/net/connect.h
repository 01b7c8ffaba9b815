/* Connecting to an address. A name is resolved and its addresses are raced (RFC 8305): the next one
 * is tried 250 ms after the last, or as soon as that one fails. The first that answers wins. */
#ifndef ANET_CORE_NET_CONNECT_H
#define ANET_CORE_NET_CONNECT_H

#include "core/base/error.h"
#include "core/event/dispatcher.h"
#include "core/event/timer.h"
#include "core/net/address.h"
#include "core/net/resolve.h"

enum { CONNECT_ATTEMPT_DELAY_MS = 250 };

struct connector;

struct connector_ops {
  /* Connected: take `winner` over with dispatcher_take before this returns, else it is closed.
   * The connector is done, and may be freed. */
  void (*connected)(struct connector *c, struct dispatcher *winner);

  /* No address answered, or none in time. `e` names each address that was tried and why it
   * failed; its code is that of the last, UV_ETIMEDOUT, or UV_EAI_* when there was none to try.
   * The connector is done, and may be freed. */
  void (*failed)(struct connector *c, const struct error *e);
};

struct connector {
  const struct connector_ops *ops;
  struct reactor *reactor;
  struct resolver resolver;
  struct sockaddr_list addresses;
  size_t next;          /* the address to try next */
  struct list attempts; /* those under way */
  uint64_t timeout_ms;
  uint64_t resolved_ns; /* uv_hrtime when the name was; 0 when there was none to resolve */
  bool data_follows;
  bool holding; /* the reactor, which so waits for it whatever it waits for itself */
  struct timer delay, deadline;
  struct error error; /* what failed so far */
  char target[ADDRESS_LONGEST_NAME + 8];
};

/* Starts. Errors go to the handler, which may run before this returns. `timeout_ms` limits the
 * whole time, with the look-up; 0 disables the limit. Zeroes the connector first; `a` is copied. */
void connector_start(struct connector *c, struct reactor *r, const struct connector_ops *ops,
                     const struct address *a, uint64_t timeout_ms);

/* The same for known addresses, which are copied. `data_follows` as for socket_for_connect. */
void connector_start_list(struct connector *c, struct reactor *r, const struct connector_ops *ops,
                          const struct sockaddr_list *addresses, uint64_t timeout_ms,
                          bool data_follows);

/* Cancels it; no handler will run. Any number of times, also on a zeroed connector. */
void connector_cancel(struct connector *c);

#endif
