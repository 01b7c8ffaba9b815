#include "core/os/file_write.h"

#include <errno.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>
#include <uv.h>

static void wait_for_room(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  poll(&p, 1, -1);
}

int file_write_now(int fd, const void *data, size_t n, size_t *written)
{
  size_t done = 0;
  int err = 0;
  while (done < n && !err) {
    ssize_t put = write(fd, (const char *)data + done, n - done);
    if (put >= 0)
      done += (size_t)put;
    else if (errno != EINTR)
      err = -errno;
  }
  *written = done;
  return err;
}

int file_write_all(int fd, const void *data, size_t n, size_t *written)
{
  size_t done = 0, part;
  int err;
  while ((err = file_write_now(fd, (const char *)data + done, n - done, &part)) == UV_EAGAIN) {
    done += part;
    wait_for_room(fd);
  }
  if (written)
    *written = done + part;
  return err;
}
