/* The plain transports: bytes go to the descriptor as they are. */
#include "core/event/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t result(ssize_t n)
{
  return n < 0 ? -errno : n;
}

static ssize_t socket_recv(struct transport *t, int fd, void *data, size_t n)
{
  (void)t;
  ssize_t got;
  do
    got = recv(fd, data, n, 0);
  while (got < 0 && errno == EINTR);
  return result(got);
}

static ssize_t socket_send(struct transport *t, int fd, const void *data, size_t n, bool more)
{
  (void)t;
  ssize_t put;
  do
    put = send(fd, data, n, more ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
  while (put < 0 && errno == EINTR);
  return result(put);
}

static ssize_t socket_sendv(struct transport *t, int fd, const struct iovec *pieces, int count,
                            bool more)
{
  (void)t;
  struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
  ssize_t put;
  do
    put = sendmsg(fd, &message, more ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
  while (put < 0 && errno == EINTR);
  return result(put);
}

static ssize_t file_sendv(struct transport *t, int fd, const struct iovec *pieces, int count,
                          bool more)
{
  (void)t;
  (void)more;
  ssize_t put;
  do
    put = writev(fd, pieces, count);
  while (put < 0 && errno == EINTR);
  return result(put);
}

static ssize_t file_recv(struct transport *t, int fd, void *data, size_t n)
{
  (void)t;
  ssize_t got;
  do
    got = read(fd, data, n);
  while (got < 0 && errno == EINTR);
  return result(got);
}

static ssize_t file_send(struct transport *t, int fd, const void *data, size_t n, bool more)
{
  (void)t;
  (void)more;
  ssize_t put;
  do
    put = write(fd, data, n);
  while (put < 0 && errno == EINTR);
  return result(put);
}

static ssize_t plain_sendfile(struct transport *t, int fd, int file, int64_t *offset, size_t n)
{
  (void)t;
  off_t at = *offset;
  ssize_t put;
  do
    put = sendfile(fd, file, &at, n);
  while (put < 0 && errno == EINTR);
  *offset = at;
  return result(put);
}

static ssize_t move(int from, int to, size_t n)
{
  ssize_t moved;
  do
    moved = splice(from, NULL, to, NULL, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (moved < 0 && errno == EINTR);
  return result(moved);
}

static ssize_t plain_splice_to_pipe(struct transport *t, int fd, int pipe, size_t n)
{
  (void)t;
  return move(fd, pipe, n);
}

static ssize_t plain_splice_from_pipe(struct transport *t, int fd, int pipe, size_t n)
{
  (void)t;
  return move(pipe, fd, n);
}

struct transport *transport_socket(void)
{
  static const struct transport_ops ops = {
      .recv = socket_recv,
      .send = socket_send,
      .sendv = socket_sendv,
      .sendfile = plain_sendfile,
      .splice_to_pipe = plain_splice_to_pipe,
      .splice_from_pipe = plain_splice_from_pipe,
      .is_socket = true,
  };
  /* Holds no state, so that one serves every socket of every thread. */
  static const struct transport shared = {&ops};
  return (struct transport *)&shared;
}

struct transport *transport_file(void)
{
  static const struct transport_ops ops = {
      .recv = file_recv,
      .send = file_send,
      .sendv = file_sendv,
      .sendfile = plain_sendfile,
      .splice_to_pipe = plain_splice_to_pipe,
      .splice_from_pipe = plain_splice_from_pipe,
  };
  static const struct transport shared = {&ops};
  return (struct transport *)&shared;
}
