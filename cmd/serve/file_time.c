#include "cmd/serve/file_time.h"

#include <stdint.h>

enum { CLOCK_TICK_NS = 20000000 }; /* with some room */

struct timespec file_time_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

bool file_time_is_young(struct timespec modified, struct timespec asked)
{
  int64_t age_s = (int64_t)asked.tv_sec - modified.tv_sec;
  if (age_s > 1 || age_s < -1)
    return false;
  int64_t age_ns = age_s * 1000000000 + asked.tv_nsec - modified.tv_nsec;
  return age_ns < CLOCK_TICK_NS && age_ns > -CLOCK_TICK_NS;
}

bool file_time_is_past(struct timespec modified, struct timespec now)
{
  return modified.tv_sec < now.tv_sec ||
         (modified.tv_sec == now.tv_sec && now.tv_nsec >= CLOCK_TICK_NS);
}
