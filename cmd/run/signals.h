/* The signals that end a client: it cleans up by the ordinary way out, and main then dies of the
 * signal. */
#ifndef ANET_CMD_RUN_SIGNALS_H
#define ANET_CMD_RUN_SIGNALS_H

#include "core/event/timer.h"

struct ending {
  void (*told)(struct ending *e, int number);
  struct signal_watch interrupt, terminate, hangup;
};

/* Watches for SIGINT and SIGTERM, and for SIGHUP unless it is ignored (nohup). All zero but for
 * `told` before. EXIT_DONE, or EXIT_FAILED with the reason said; to be released in either case. */
int ending_watch(struct ending *e, struct reactor *r);

/* Before the loop is released. Any number of times, also on one that is all zero. */
void ending_release(struct ending *e);

#endif
