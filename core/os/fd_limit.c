#include "core/os/fd_limit.h"

#include <sys/resource.h>

enum { GUESS = 256, MOST = 1000000 };

uint64_t fd_limit_raise(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0)
    return GUESS;
  rlim_t soft = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) < 0)
    files.rlim_cur = soft;
  /* "No limit" is still one: the kernel's nr_open. */
  return files.rlim_cur < MOST ? files.rlim_cur : MOST;
}
