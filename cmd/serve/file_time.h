/* What the modification time of a file tells about its content. */
#ifndef ANET_CMD_SERVE_FILE_TIME_H
#define ANET_CMD_SERVE_FILE_TIME_H

#include <stdbool.h>
#include <time.h>

static inline bool file_time_is_same(struct timespec a, struct timespec b)
{
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Whether a file or folder with the mtime `modified`, read after the time `asked`, may have changed
 * since without a new mtime. The kernel stamps files with a clock that stands still for a tick (up
 * to 10 ms), so two writes within one tick leave the same time. */
bool file_time_is_young(struct timespec modified, struct timespec asked);

/* Whether every clock, also the one that ticks, is at or after the second of `modified` at `now`.
 */
bool file_time_is_past(struct timespec modified, struct timespec now);

/* The time to ask for before reading. */
struct timespec file_time_now(void);

#endif
