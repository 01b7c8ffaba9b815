#include "core/file.h"

#include <errno.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

static void wait_for_room(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  poll(&p, 1, -1);
}

int file_write_all(int fd, const void *data, size_t n, size_t *written)
{
  size_t done = 0;
  int err = 0;
  while (done < n && !err) {
    ssize_t put = write(fd, (const char *)data + done, n - done);
    if (put >= 0)
      done += (size_t)put;
    else if (errno == EAGAIN)
      wait_for_room(fd);
    else if (errno != EINTR)
      err = -errno;
  }
  if (written)
    *written = done;
  return err;
}
