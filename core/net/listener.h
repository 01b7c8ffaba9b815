/* Sockets that listen: at an address, at all the addresses of a name, on every interface, or at the
 * path of a unix socket, which is removed at the end. */
#ifndef ANET_CORE_NET_LISTENER_H
#define ANET_CORE_NET_LISTENER_H

#include "core/base/error.h"
#include "core/base/span.h"
#include "core/event/dispatcher.h"
#include "core/event/timer.h"
#include "core/net/address.h"

#include <stdbool.h>
#include <sys/types.h>

struct listener;

struct listener_ops {
  /* Whether to accept now. Asked again after listeners_changed. */
  bool (*may_accept)(const struct listener *l);

  /* A connection on `fd`, which is the handler's to close. */
  void (*accepted)(struct listener *l, int fd, const struct sockaddr *peer, socklen_t peer_size);

  /* It cannot be polled, which has been logged: nobody can reach it any more. May close it. */
  void (*failed)(struct listener *l, int err);
};

struct listener {
  struct dispatcher d;
  const struct listener_ops *ops;
  struct list link;
  void *owner;                        /* from listeners_open */
  void *tag;                          /* from listeners_open */
  struct transport_maker *transports; /* from listeners_open; NULL for plain ones */
  char name[ADDRESS_TEXT_SIZE];       /* the address as bound */
  struct timer pause;                 /* runs while accepting waits for descriptors or memory */
  dev_t device;                       /* of a unix socket's path, so that only our own is removed */
  ino_t inode;
};

struct listener_options {
  const struct listener_ops *ops;
  void *owner, *tag;                  /* for the handlers; borrowed */
  struct transport_maker *transports; /* of the connections; borrowed; NULL for plain ones */
};

/* Listens on `a`: appends to `listeners` one for each address that a name has. 0; or a negative
 * errno or UV_EAI_* with an error that names the address, and those that listen already stay in the
 * list. Nothing that accept(2) says closes a listener: when it runs out of descriptors or memory,
 * it logs that and waits a second. */
int listeners_open(struct list *listeners, struct reactor *r, const struct address *a,
                   const struct listener_options *options, struct error *e);

/* What may_accept says may have changed. */
void listeners_changed(struct list *listeners);

/* Closes all and removes the paths of unix sockets, unless another program has replaced them. They
 * are freed at the end of the pass. */
void listeners_close(struct list *listeners);

/* Closes a connection that was accepted but will not be served, after writing `words`, which may be
 * empty: best effort, in one piece, without blocking. This is the one place where bytes go to a
 * descriptor that has no transport. A listener whose connections begin with a handshake (TLS) must
 * close it without a word here, since plain bytes would be an error to the peer. */
void listener_refuse(struct listener *l, int fd, struct span words);

#endif
