/* The signals that a program is ended with. SIGINT and SIGTERM end every program; what SIGHUP does
 * depends on whether it reloads.
 *
 * A program with `reload` (a server) never ends at SIGHUP: it reloads its files, also under nohup.
 * So a server goes on when its terminal goes away, as SIGHUP may as well come from an administrator
 * long after the terminal has gone; SIGTERM stops it.
 *
 * A program without it (a client) ends at SIGHUP as at SIGTERM, unless SIGHUP was ignored when it
 * started (nohup). */
#ifndef ANET_CORE_EVENT_TERMINATION_H
#define ANET_CORE_EVENT_TERMINATION_H

#include "core/event/signal.h"

/* All zero but for the two handlers before termination_watch. A handler may release it. */
struct termination {
  void (*told)(struct termination *t, int number); /* each time that a signal tells it to end */
  void (*reload)(struct termination *t);           /* each SIGHUP, or NULL */
  struct signal_watch interrupt, terminate, hangup;
};

/* Watches for the signals, which until then do what they do. 0 or a negative errno; to be released
 * in either case. */
int termination_watch(struct termination *t, struct reactor *r);

/* Before reactor_release. Any number of times, also on one that is all zero. */
void termination_release(struct termination *t);

#endif
