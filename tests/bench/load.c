/* The client side of the benchmark: does a fixed amount of work through a
 * port, checks every answer, and exits 0 only if all of it was done.
 *
 *   load bulk        PORT STREAMS BYTES           BYTES up each stream
 *   load messages    PORT CONNECTIONS COUNT SIZE  COUNT in all, kept connections
 *   load connections PORT CONCURRENT COUNT SIZE   one message per connection
 *
 * The other side of each is in serve.c; for `messages` any echo will do. */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 256, DEADLINE_S = 120 }; /* SIGALRM ends a run that hangs */

/* bulk */

struct stream {
  int fd;
  uint64_t sent;
};

static uint8_t body[PATTERN_PERIOD + CHUNK];

static void stream_start(struct stream *s, int poll, uint16_t port, uint64_t size)
{
  s->fd = connect_local(port);
  s->sent = 0;
  if (send_message(s->fd, &size, sizeof size) < 0)
    errx(1, "a stream ended at once");
  poll_set(poll, EPOLL_CTL_ADD, s->fd, EPOLLOUT, s);
}

static void stream_send(struct stream *s, int poll, uint64_t size)
{
  uint64_t left = size - s->sent;
  size_t n = left < CHUNK ? (size_t)left : CHUNK;
  ssize_t sent = send(s->fd, body + s->sent % PATTERN_PERIOD, n, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (sent < 0 && errno == EAGAIN)
    return;
  if (sent < 0)
    err(1, "send");
  s->sent += (uint64_t)sent;
  if (s->sent == size)
    poll_set(poll, EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
}

/* The sink answers how many bytes it has seen: only then has everything gone
 * through, and not merely into some buffer on the way. */
static void stream_finish(struct stream *s, uint64_t size)
{
  uint64_t seen;

  if (recv(s->fd, &seen, sizeof seen, MSG_WAITALL) != sizeof seen)
    errx(1, "a stream ended without the sink's answer");
  if (seen != size)
    errx(1, "the sink has seen another number of bytes");
  close(s->fd);
}

static void run_bulk(uint16_t port, size_t streams, uint64_t size)
{
  static struct stream table[PEERS_MAX];
  struct epoll_event events[EVENTS_MAX];
  int poll = poll_open();

  for (size_t i = 0; i < sizeof body; i++)
    body[i] = pattern_at(i);
  for (size_t i = 0; i < streams; i++)
    stream_start(&table[i], poll, port, size);
  while (streams > 0) {
    int ready = poll_wait(poll, events);
    for (int i = 0; i < ready; i++) {
      struct stream *s = events[i].data.ptr;
      if (s->sent < size) {
        stream_send(s, poll, size);
      } else {
        stream_finish(s, size);
        streams--;
      }
    }
  }
}

/* messages and connections */

struct talk {
  int fd;
  size_t received; /* of the answer awaited */
  _Alignas(4096) uint8_t out[MESSAGE_MAX];
};

struct workload {
  int poll;
  uint16_t port;
  size_t size;        /* of a message and of its answer */
  uint64_t asked;     /* messages sent so far */
  uint64_t count;     /* messages to send */
  size_t open;        /* connections open */
  int per_connection; /* nonzero: one message, then the other side closes */
};

/* No two messages are alike, so an answer gone to the wrong connection or
 * shifted by a byte does not pass for the right one. */
static void talk_ask(struct talk *t, struct workload *w)
{
  w->asked++;
  memset(t->out, (int)(w->asked % 256), w->size);
  memcpy(t->out, &w->asked, sizeof w->asked);
  t->received = 0;
  if (send_message(t->fd, t->out, w->size) < 0)
    errx(1, "a connection ended before its message");
}

static void talk_open(struct talk *t, struct workload *w)
{
  t->fd = connect_local(w->port);
  w->open++;
  poll_set(w->poll, EPOLL_CTL_ADD, t->fd, EPOLLIN, t);
  talk_ask(t, w);
}

static void talk_close(struct talk *t, struct workload *w)
{
  close(t->fd);
  w->open--;
}

/* Only `connections` has connections that the other side ends, and that only
 * after a whole answer. */
static void talk_ended(struct talk *t, struct workload *w)
{
  if (!w->per_connection || t->received != w->size)
    errx(1, "a connection ended before its answer");
  talk_close(t, w);
  if (w->asked < w->count)
    talk_open(t, w);
}

static void talk_read(struct talk *t, struct workload *w)
{
  static _Alignas(4096) uint8_t in[MESSAGE_MAX + 1]; /* one more, to notice a byte too many */
  ssize_t n = recv(t->fd, in, w->size - t->received + 1, 0);

  if (n < 0)
    err(1, "recv");
  if (n == 0) {
    talk_ended(t, w);
    return;
  }
  if (t->received + (size_t)n > w->size || memcmp(in, t->out + t->received, (size_t)n) != 0)
    errx(1, "an answer differs from its message");
  t->received += (size_t)n;
  if (t->received < w->size || w->per_connection)
    return;
  if (w->asked < w->count)
    talk_ask(t, w);
  else
    talk_close(t, w);
}

static void run_talks(struct workload *w, size_t talks)
{
  static struct talk table[PEERS_MAX];
  struct epoll_event events[EVENTS_MAX];

  w->poll = poll_open();
  for (size_t i = 0; i < talks && w->asked < w->count; i++)
    talk_open(&table[i], w);
  while (w->open > 0) {
    int ready = poll_wait(w->poll, events);
    for (int i = 0; i < ready; i++)
      talk_read(events[i].data.ptr, w);
  }
}

int main(int argc, char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "";
  int bulk = argc == 5 && strcmp(mode, "bulk") == 0;
  int messages = argc == 6 && strcmp(mode, "messages") == 0;
  int connections = argc == 6 && strcmp(mode, "connections") == 0;

  if (!bulk && !messages && !connections)
    errx(1, "usage: load bulk|messages|connections PORT CONNECTIONS COUNT [SIZE]");
  uint16_t port = (uint16_t)parse_number(argv[2], UINT16_MAX);
  size_t peers = parse_number(argv[3], PEERS_MAX);
  uint64_t count = parse_number(argv[4], UINT64_MAX);

  alarm(DEADLINE_S);
  if (bulk) {
    run_bulk(port, peers, count);
    return 0;
  }
  struct workload w = {.port = port, .count = count, .per_connection = connections};
  w.size = parse_number(argv[5], MESSAGE_MAX);
  if (w.size < sizeof w.asked)
    errx(1, "a message has at least %zu bytes", sizeof w.asked);
  run_talks(&w, peers);
  return 0;
}
