/* The loop writes the log lines that wait (core/base/log_queue.h) as stderr takes them. */
#ifndef ANET_CORE_EVENT_LOG_DRAIN_H
#define ANET_CORE_EVENT_LOG_DRAIN_H

#include "core/event/reactor.h"

/* From now on no line is waited for: this loop writes it once stderr has room. Nothing is watched
 * while nothing waits, and it does not keep the loop running. Ends with the reactor, which writes
 * what still waits for up to LOG_LONGEST_WAIT_MS. Does nothing when another loop does it; without
 * memory lines are waited for as before. */
void log_drain_start(struct reactor *r);

#endif
