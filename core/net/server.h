/* What every command that listens needs: listeners, limits of connections, idle timeouts, an
 * orderly stop, counters. The connections themselves belong to the command.
 *
 * A server belongs to the thread of its reactor. Several servers, each in a thread of its own, may
 * share limits and counters (server_limits.h); only one of them takes the signals
 * (server_start). */
#ifndef ANET_CORE_NET_SERVER_H
#define ANET_CORE_NET_SERVER_H

#include "core/base/error.h"
#include "core/base/span.h"
#include "core/event/termination.h"
#include "core/event/timer.h"
#include "core/net/address.h"
#include "core/net/dead_peer.h"
#include "core/net/listener.h"
#include "core/net/server_limits.h"

#include <stdbool.h>
#include <stdint.h>

struct server;
struct server_conn;

struct server_ops {
  /* A connection on `fd`, which is the handler's to close. It calls server_conn_begin for what it
   * makes of it, or closes `fd`. */
  void (*accepted)(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                   socklen_t peer_size);

  /* When it was last active, in reactor_now_ms's time; for the idle timeout. */
  uint64_t (*active_ms)(const struct server_conn *c);

  /* Closes it at once. server_conn_end follows from its destroy. */
  void (*close)(struct server_conn *c);

  /* The bytes for a connection that is one too many from its host. They should fit into an empty
   * socket's buffer: the rest is lost. A listener that cannot send them in plain closes the
   * connection without them (listener_refuse). Default: none. */
  struct span (*refusal)(const struct server *s);

  /* A connection that is idle between two requests and may be closed, or NULL. It is closed when
   * all places are taken and another connection waits, and must not be named again. Called often. A
   * command calls server_may_accept when this is no longer NULL. Default: NULL, and connections
   * wait. */
  struct server_conn *(*resting)(const struct server *s);

  /* A signal told the server to stop: idle connections may be closed now. Default: nothing. */
  void (*stopping)(struct server *s);

  /* SIGHUP: reloads what was read from files and opens again what is written to files, so that a
   * log that was renamed is closed. May log errors; the server goes on with what it had. Called
   * also while the server stops. The server has logged the signal. Default: there are no such
   * files. */
  void (*reload)(struct server *s);
};

struct server_options {
  uint64_t max_conns;          /* 0 for as many as there are descriptors for */
  uint64_t max_per_host;       /* open at once from one host (peer_count.h); 0 for no such limit */
  uint64_t idle_ms;            /* 0 for no timeout */
  uint64_t grace_ms;           /* how long an orderly stop waits for connections */
  bool once;                   /* one connection, then stop */
  unsigned descriptors_each;   /* what one connection takes */
  unsigned descriptors_shared; /* what all of them share */
  /* How many more of a limit of `descriptors` are set aside, for pipes or the like; or NULL. */
  size_t (*reserve)(size_t descriptors);
  /* Shared with other servers, borrowed; or NULL for its own. Of shared limits max_conns,
   * max_per_host and the descriptors here count nothing. */
  struct server_limits *limits;
  struct server_counters *counters;
};

/* The part of a command's connection that the server knows. */
struct server_conn {
  struct server *server;
  struct list link;
  struct peer_entry *host; /* where it is counted, or NULL */
  bool spared;             /* closed to make room, and its place given away */
  struct sockaddr_storage peer;
  socklen_t peer_size;
  uint64_t begun_ms;
  const char *to;          /* the other side's name for the log, or NULL; borrowed */
  const char *reason;      /* why it ends; a literal; the first that is set counts */
  int error;               /* a negative errno when it did not end well */
  uint64_t received, sent; /* bytes from and to the peer; set before server_conn_end */
};

struct server {
  struct reactor *reactor;
  const struct server_ops *ops;
  struct server_options options;
  struct list listeners, conns;
  const struct listener *accepting; /* while `accepted` runs; else NULL */
  struct server_limits *limits, own_limits;
  struct server_counters *counters, own_counters;
  uint64_t open; /* connections of this server */
  uint64_t started_ms;
  uint64_t full_logged_ms, refused_logged_ms; /* when it was last logged; 0 if never */
  int error;                                  /* of the last connection that ended, for `once` */
  bool stopping, signalled;
  bool broken; /* a listener failed */
  struct timer idle, grace;
  struct dead_peer_watch dead_peers;
  struct termination termination;
  struct signal_watch report;
};

/* Makes a server without listeners, and raises the limit of descriptors to its hard maximum. 0 or
 * a negative errno. */
int server_init(struct server *s, struct reactor *r, const struct server_ops *ops,
                const struct server_options *options);

/* Listens on `a`, with a listener for each address a name has. `tag` is handed to them, and
 * `transports` (borrowed; NULL for plain ones) makes the transport of each of their connections. 0,
 * or a negative errno or UV_EAI_* with an error that names the address. */
int server_listen(struct server *s, const struct address *a, void *tag,
                  struct transport_maker *transports, struct error *e);

/* Takes over the signals: SIGINT and SIGTERM (an orderly stop; at the second, at once), SIGHUP (see
 * server_ops.reload and termination.h; it never stops a server) and SIGUSR1 (logs the counters). To
 * be called before the addresses are announced; until then these signals end the program. 0 or a
 * negative errno. */
int server_start(struct server *s);

/* Serves until it is stopped and the connections have ended. */
void server_run(struct server *s);

/* After server_run: runs the loop while the command still has output to write, until no channel is
 * left, the grace period is over or another signal comes. */
void server_run_out(struct server *s);

/* A connection has come to rest, or another server that shares the limits has given a place back:
 * one that waits may have it now. Free to call often. */
void server_may_accept(struct server *s);

/* Stops accepting. server_run returns when the connections have ended or the grace period is over.
 */
void server_stop(struct server *s);

/* Closes what is left and frees all but the server. Before reactor_release. */
void server_release(struct server *s);

/* Zeroed memory for the object of a connection on `fd`. NULL without memory, which is logged, and
 * `fd` is closed. */
void *server_conn_new(int fd, size_t size);

/* In `accepted`: opens `d`, which is initialised, on `fd` with the transport of the listener, and
 * counts a connection from `peer`. From now on the server may call `active_ms` and `close`. False
 * without memory for the transport: then the connection is reset, and ends as any other. */
bool server_conn_begin(struct server_conn *c, struct server *s, struct dispatcher *d, int fd,
                       const struct sockaddr *peer, socklen_t peer_size);

/* Says why it is about to end; `error` is 0 or a negative errno. The first call counts. */
void server_conn_because(struct server_conn *c, const char *reason, int error);

/* The connection has ended: to be called once, when its last dispatcher is destroyed. Logged at
 * LOG_DEBUG. */
void server_conn_end(struct server_conn *c);

/* Logs `EVENT from A`, with `to B` if `to` is set: the line for a new connection. */
void server_conn_log(const struct server_conn *c, const char *event);

#endif
