/* The server side of the benchmark, on a port of the kernel's choice that it
 * prints as its first line.
 *
 *   serve sink         reads a length (8 bytes) and as many bytes, checks them,
 *                      answers the number of bytes seen, closes
 *   serve answer SIZE  answers each message of SIZE bytes with the same bytes
 *   serve once SIZE    the same, but closes after the first answer
 *   serve port         prints a free port and exits, for a program that
 *                      cannot choose one itself
 *
 * A connection that goes wrong is closed here and reported by the client,
 * which then misses an answer. */
#include "net.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum mode { MODE_SINK, MODE_ANSWER, MODE_ONCE };

struct connection {
  int fd;
  uint64_t received; /* of the message, or of the body of a bulk stream */
  uint64_t size;     /* of the same; 0 until a bulk stream has told it */
  uint8_t message[MESSAGE_MAX];
};

static void connection_open(int poll, int listener, uint64_t size)
{
  struct connection *c = calloc(1, sizeof *c);

  if (!c)
    err(1, "calloc");
  c->fd = accept_local(listener);
  c->size = size;
  poll_set(poll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

static void connection_close(struct connection *c)
{
  close(c->fd);
  free(c);
}

/* Checks both ends of what one recv brought; a lost or doubled piece shifts
 * the pattern and shows there, at next to no cost. */
static int body_is_right(const struct connection *c, const uint8_t *data, size_t n)
{
  return data[0] == pattern_at(c->received) && data[n - 1] == pattern_at(c->received + n - 1);
}

/* Returns 0 when the connection is done with, for better or worse. */
static int sink_read(struct connection *c)
{
  static uint8_t data[CHUNK];

  if (c->size == 0)
    return recv(c->fd, &c->size, sizeof c->size, MSG_WAITALL) == sizeof c->size;
  ssize_t n = recv(c->fd, data, sizeof data, 0);
  if (n <= 0 || !body_is_right(c, data, (size_t)n))
    return 0;
  c->received += (uint64_t)n;
  if (c->received < c->size)
    return 1;
  send_message(c->fd, &c->received, sizeof c->received);
  return 0;
}

/* Returns like sink_read. */
static int answer_read(struct connection *c, int once)
{
  ssize_t n = recv(c->fd, c->message + c->received, c->size - c->received, 0);

  if (n <= 0)
    return 0;
  c->received += (uint64_t)n;
  if (c->received < c->size)
    return 1;
  c->received = 0;
  return send_message(c->fd, c->message, c->size) == 0 && !once;
}

static _Noreturn void serve(enum mode mode, uint64_t size)
{
  struct epoll_event events[EVENTS_MAX];
  int listener = listen_local();
  int poll = poll_open();

  poll_set(poll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (;;) {
    int ready = poll_wait(poll, events);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c)
        connection_open(poll, listener, size);
      else if (!(mode == MODE_SINK ? sink_read(c) : answer_read(c, mode == MODE_ONCE)))
        connection_close(c);
    }
  }
}

int main(int argc, char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "";

  alarm(SERVER_DEADLINE_S);
  if (argc == 2 && strcmp(mode, "port") == 0)
    return close(listen_local());
  if (argc == 2 && strcmp(mode, "sink") == 0)
    serve(MODE_SINK, 0);
  if (argc == 3 && strcmp(mode, "answer") == 0)
    serve(MODE_ANSWER, parse_number(argv[2], MESSAGE_MAX));
  if (argc == 3 && strcmp(mode, "once") == 0)
    serve(MODE_ONCE, parse_number(argv[2], MESSAGE_MAX));
  errx(1, "usage: serve sink | answer SIZE | once SIZE | port");
}
