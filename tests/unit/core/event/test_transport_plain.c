/* The plain transports: calls that a signal interrupts are made again, and errors are negative. */
#include "tests/unit/lib/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct probe a;
static int interruptions, failure; /* of the next calls; then an errno that they all say */

/* Whether the call that asks is interrupted or fails. */
static bool goes_wrong(void)
{
  errno = interruptions > 0 ? EINTR : failure;
  return interruptions-- > 0 || failure;
}

/* These stand before the C library's. */

ssize_t recv(int fd, void *data, size_t n, int flags)
{
  return goes_wrong() ? -1 : syscall(SYS_recvfrom, fd, data, n, flags, NULL, NULL);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
  return goes_wrong() ? -1 : syscall(SYS_sendto, fd, data, n, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
  return goes_wrong() ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
  return goes_wrong() ? -1 : syscall(SYS_writev, fd, pieces, count);
}

ssize_t sendfile(int fd, int file, off_t *offset, size_t n)
{
  return goes_wrong() ? -1 : syscall(SYS_sendfile, fd, file, offset, n);
}

ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t n, unsigned flags)
{
  return goes_wrong() ? -1 : syscall(SYS_splice, from, from_offset, to, to_offset, n, flags);
}

/* Each call of a dispatcher, on a connected pair with a file and a pipe at hand. */
enum call { RECV, SEND, SEND_MORE, SENDV, SENDFILE, SPLICE_TO, SPLICE_FROM, CALLS };

struct things {
  struct dispatcher *d;
  int file, pipe[2];
};

static ssize_t make_call(struct things *t, enum call call)
{
  char data[8] = "hello";
  struct iovec piece = {data, 5};
  int64_t offset = 0;
  switch (call) {
  case RECV:
    return dispatcher_recv(t->d, data, 5);
  case SEND:
    return dispatcher_send(t->d, data, 5);
  case SEND_MORE:
    return dispatcher_send_more(t->d, data, 5);
  case SENDV:
    return dispatcher_sendv(t->d, &piece, 1, true);
  case SENDFILE:
    return dispatcher_sendfile(t->d, t->file, &offset, 5);
  case SPLICE_TO:
    return dispatcher_splice_to(t->d, t->pipe[1], 5);
  default:
    return dispatcher_splice_from(t->d, t->pipe[0], 5);
  }
}

static int open_things(struct things *t, struct reactor *r)
{
  int peer = probe_pair(&a, r, &probe_ops_error, false);
  *t = (struct things){.d = &a.d, .file = temporary_file()};
  put(t->file, "hello");
  assert_int_equal(pipe2(t->pipe, O_CLOEXEC | O_NONBLOCK), 0);
  put(peer, "hello");
  put(peer, "hello");
  return peer;
}

static void close_things(struct things *t, int peer)
{
  interruptions = failure = 0;
  close(t->file);
  close(t->pipe[0]);
  close(t->pipe[1]);
  close(peer);
}

static void a_call_that_a_signal_interrupts_is_made_again(void **state)
{
  struct things t;
  int peer = open_things(&t, *state);
  for (int call = 0; call < CALLS; call++) {
    interruptions = 2;
    assert_int_equal(make_call(&t, (enum call)call), 5);
  }
  assert_calls("-");
  close_things(&t, peer);
}

static void an_error_of_a_call_is_a_negative_errno(void **state)
{
  struct things t;
  int peer = open_things(&t, *state);
  failure = EIO;
  for (int call = 0; call < CALLS; call++)
    assert_int_equal(make_call(&t, (enum call)call), UV_EIO);
  failure = EAGAIN;
  assert_int_equal(make_call(&t, RECV), UV_EAGAIN);
  assert_int_equal(make_call(&t, SEND), 0);
  assert_int_equal(make_call(&t, SENDFILE), 0);
  assert_calls("-");
  close_things(&t, peer);
}

static void a_pipe_is_read_and_written(void **state)
{
  int fds[2];
  char data[16] = "abcd";
  struct iovec pieces[] = {{data, 2}, {data + 2, 2}};
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  probe_init(&a, *state, &probe_ops_error, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, fds[1]), 0);
  assert_int_equal(dispatcher_send(&a.d, "hello ", 6), 6);
  interruptions = 2;
  assert_int_equal(dispatcher_sendv(&a.d, pieces, 2, false), 4);
  assert_gets(fds[0], "hello abcd");
  dispatcher_close(&a.d);
  assert_calls("-");
  close(fds[0]);
  close(fds[1]);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_call_that_a_signal_interrupts_is_made_again),
      TEST(an_error_of_a_call_is_a_negative_errno),
      TEST(a_pipe_is_read_and_written),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
