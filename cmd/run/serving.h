/* The frame of a command that serves: its options, its listeners and the lines that announce them,
 * the run and the exit code. */
#ifndef ANET_CMD_RUN_SERVING_H
#define ANET_CMD_RUN_SERVING_H

#include "cmd/run/run.h"
#include "core/net/server.h"

/* Part of the options struct of a command that serves, with run_options beside it. */
struct serving_options {
  uint64_t max_conns, max_per_host, idle_ms, grace_ms;
  bool once;
};

/* All but --idle-timeout, whose default differs by command: SERVING_IDLE_OPTION. A command that is
 * a client with --connect refuses these options there. */
extern const struct option serving_option_table[];

#define SERVING_IDLE_OPTION(member_offset, default_time)                                           \
  {                                                                                                \
    .name = "idle-timeout", .type = OPTION_TIME, .offset = (member_offset), .metavar = "TIME",     \
    .value = (default_time), .not_with = "connect",                                                \
    .help = "close a connection after TIME without activity; 0 disables the limit"                 \
  }

struct serving {
  struct reactor reactor;
  struct server server;
  int result;         /* what serving_run returns; see serving_fail */
  const char *scheme; /* "http" to announce listeners as URLs, or NULL; set after serving_init */
};

/* Makes the loop and the server. EXIT_DONE; or another exit code, with the reason logged and
 * nothing to release. The last three arguments as in server_options. */
int serving_init(struct serving *s, const struct server_ops *ops,
                 const struct serving_options *options, unsigned descriptors_each,
                 unsigned descriptors_shared, size_t (*reserve)(size_t descriptors));

/* Reads the LISTEN operands, or `by_default` if there are none, into `count` addresses, which the
 * caller frees in any case. EXIT_DONE, or another exit code with the reason logged. */
int serving_addresses(const struct command *command, const char *const *operands,
                      const char *by_default, struct address **addresses, size_t *count);

/* Listens; `tag` as for server_listen. EXIT_DONE, or EXIT_FAILED with the reason logged. */
int serving_listen(struct serving *s, const struct address *a, void *tag);

/* Prints the address of each listener on stdout (or its URL; a unix socket has none) and serves.
 * Returns the exit code; with --once, that of the connection. If `code` is not EXIT_DONE, it only
 * returns that. */
int serving_run(struct serving *s, int code);

/* Ends the run with `code` at the end of this pass. */
void serving_fail(struct serving *s, int code);

/* Closes what is left, frees the loop and returns `code`. */
int serving_leave(struct serving *s, int code);

#endif
