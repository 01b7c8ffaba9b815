/* Lines on their way to stderr.
 *
 * A line is written at once if nothing waits before it and stderr takes it without blocking. Else
 * it waits in a queue, up to LOG_QUEUE_LIMIT bytes; a line that finds no room is dropped and
 * counted. Lines are taken again when half of the queue has gone, behind a line that says how many
 * were lost. A line is written whole or not at all, and in one piece: those of up to PIPE_BUF bytes
 * do not mix with the lines of other processes on the same pipe either.
 *
 * The queue is drained by a loop (core/event/log_drain.h) between log_queue_start and
 * log_queue_stop. Outside of these, each line is waited for, but all of them together for no more
 * than LOG_LONGEST_WAIT_MS.
 *
 * The flags of stderr's description are never changed: others share it. Any thread may call
 * log_queue_put and log_queue_write at any time, the others one thread while it is alone. */
#ifndef ANET_CORE_BASE_LOG_QUEUE_H
#define ANET_CORE_BASE_LOG_QUEUE_H

#include "core/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  LOG_QUEUE_LIMIT = 256 * 1024, /* bytes that wait, at most */
  LOG_LONGEST_WAIT_MS = 1000,
};

/* Appends a line that says that `lost` lines were lost, with its newline. 0 or a negative errno. */
typedef int (*log_queue_confess)(struct buffer *out, uint64_t lost);

/* Starts anew: nothing waits, nothing is lost, stderr is descriptor 2 as it is now. */
void log_queue_reset(log_queue_confess confess);

/* Takes a line with its newline, and releases the buffer. An empty one counts as a lost line. */
void log_queue_put(struct buffer *line);

/* From now on nothing waits for stderr, and `wake` is called, from any thread and with a lock held,
 * each time a line is put behind others; log_queue_write is to follow. Does nothing and returns
 * false when that was done already: one loop drains. */
bool log_queue_start(void (*wake)(void *data), void *data);

/* Opens stderr once more, as far as that can be done: a line then takes one system call instead of
 * two, and cannot block even where others write to the same pipe or stop the terminal. For programs
 * that run for long; to be called before the process gives up its right to open files. */
void log_queue_open(void);

/* Writes as much of what waits as stderr takes now, and says in `*wrote` whether that was anything.
 * Returns whether something still waits. */
bool log_queue_write(bool *wrote);

/* The descriptor that is written to. */
int log_queue_fd(void);

/* The end of log_queue_start: writes what waits, for up to LOG_LONGEST_WAIT_MS, which whatever is
 * said later shares, as does a second call. What is left then is lost. */
void log_queue_stop(void);

#endif
