#include "tests/unit/lib/joined.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static void half_over(struct relay *relay)
{
  (void)relay;
  record("half");
}

static void over(struct relay *relay)
{
  if (relay->error)
    record("over %s", error_name(relay->error));
  else
    record("over");
}

static void destroy(struct relay *relay)
{
  (void)relay;
  record("destroy");
}

const struct relay_ops joined_ops = {.half_over = half_over, .over = over, .destroy = destroy};

static int pair(bool tcp, int *peer)
{
  int fds[2];
  if (tcp)
    pair_tcp(fds);
  else
    pair_unix(fds);
  *peer = fds[1];
  return fds[0];
}

void join_two(struct joined *j, struct reactor *r, bool tcp)
{
  *j = (struct joined){0};
  relay_init(&j->relay, r, &joined_ops);
  dispatcher_open(relay_end(&j->relay, 0), pair(tcp, &j->a), true);
  dispatcher_open(relay_end(&j->relay, 1), pair(tcp, &j->b), true);
}

void join_three(struct joined *j, struct reactor *r, const struct relay_ops *ops, int in, int out)
{
  *j = (struct joined){.a = -1};
  relay_init_three(&j->relay, r, ops);
  assert_int_equal(dispatcher_open_file(relay_end(&j->relay, 0), in), 0);
  dispatcher_open(relay_end(&j->relay, 1), pair(false, &j->b), true);
  assert_int_equal(dispatcher_open_file(relay_end(&j->relay, 2), out), 0);
}

void join_end(struct joined *j, struct reactor *r)
{
  if (j->a >= 0)
    close(j->a);
  close(j->b);
  reactor_run(r, REACTOR_FOREVER, 0);
}

static bool is_ready(int fd, short events)
{
  struct pollfd p = {.fd = fd, .events = events};
  return poll(&p, 1, 0) == 1 && (p.revents & events);
}

void stream_write(struct stream *s, uint64_t until)
{
  static uint8_t data[256 * 1024];
  int flags = fcntl(s->from, F_GETFL);
  ssize_t n = 1;
  fcntl(s->from, F_SETFL, flags | O_NONBLOCK);
  while (n > 0 && s->written < until && is_ready(s->from, POLLOUT)) {
    size_t room = until - s->written < sizeof data ? (size_t)(until - s->written) : sizeof data;
    fill_pattern(data, room, s->written);
    n = write(s->from, data, room);
    s->written += n > 0 ? (uint64_t)n : 0;
  }
  fcntl(s->from, F_SETFL, flags);
}

void stream_read(struct stream *s)
{
  static uint8_t data[256 * 1024];
  ssize_t n = 1;
  while (n > 0 && is_ready(s->to, POLLIN)) {
    n = read(s->to, data, sizeof data);
    if (n > 0)
      assert_pattern(data, (size_t)n, s->read);
    s->read += n > 0 ? (uint64_t)n : 0;
  }
}
