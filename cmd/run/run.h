/* How each run of a command begins and ends: the log, addresses from the command line, the loop,
 * and an exit code. */
#ifndef ANET_CMD_RUN_RUN_H
#define ANET_CMD_RUN_RUN_H

#include "cmd/cli/command.h"
#include "core/event/reactor.h"
#include "core/event/termination.h"
#include "core/net/address.h"

#include <stdbool.h>

/* The options that every command has; part of its options struct. */
struct run_options {
  bool quiet, verbose;
  unsigned log_format; /* the index in run_option_table's choices */
};

extern const struct option run_option_table[];

/* Sets up the log as the options say. */
void run_log(const struct command *command, const struct run_options *options);

/* Makes the loop. EXIT_DONE, or EXIT_FAILED with the reason logged. */
int run_start(struct reactor *r);

/* termination_watch for a client. EXIT_DONE, or EXIT_FAILED with the reason logged; to be released
 * in either case. */
int run_watch_signals(struct termination *t, struct reactor *r);

/* Reads an address. EXIT_DONE; or EXIT_USAGE with the reason on stderr. `default_port` as for
 * address_parse. */
int run_address(const struct command *command, struct address *a, const char *text,
                int default_port);

/* The same for an address to connect to: port 0 is refused. */
int run_target(const struct command *command, struct address *a, const char *text,
               int default_port);

/* The exit code for an error of connecting or receiving: a negative errno or UV_EAI_*. */
int run_exit_code(int error);

/* Logs that memory is short, and returns EXIT_FAILED. */
int run_no_memory(void);

/* Writes `n` bytes to stdout, and waits for room where stdout does not block, which stdio does not.
 * EXIT_DONE; EXIT_CANNOT_WRITE with the reason logged; or -SIGPIPE if nobody reads. */
int run_print(const void *data, size_t n);

/* Flushes stdout. EXIT_DONE; EXIT_CANNOT_WRITE with the reason logged; or -SIGPIPE when the reader
 * has gone. */
int run_flush_stdout(void);

/* Frees the loop at the end of a run, and returns `code`: an exit code, or minus the number of the
 * signal that ends the program. When another thread still works for the loop (a name look-up, a
 * read of a disk), which nothing can interrupt, the program ends here instead: exit would wait for
 * that thread, and the thread uses the loop, which may be gone once this has returned. What must be
 * done at the end in any case is done before. */
int run_leave(struct reactor *r, int code);

#endif
