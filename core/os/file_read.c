#include "core/os/file_read.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

ssize_t file_read(int fd, void *data, size_t n)
{
  for (;;) {
    ssize_t got = read(fd, data, n);
    if (got >= 0)
      return got;
    if (errno == EAGAIN) {
      struct pollfd p = {.fd = fd, .events = POLLIN};
      poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}
