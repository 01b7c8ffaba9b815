/* The client side of `anet serve`'s benchmark: asks for one file over and over
 * and checks every answer; exits 0 only if all of it came.
 *
 *   http_load kept   PORT CONNECTIONS COUNT NAME SIZE   COUNT in all, kept connections
 *   http_load closed PORT CONCURRENT COUNT NAME SIZE    a connection for each
 *   http_load put    PORT COUNT NAME SIZE               COUNT times a PUT of SIZE bytes
 *   http_load idle   PORT CONNECTIONS NAME SIZE         one answer on each, then
 *                    prints "idle" and holds the connections until SIGTERM
 *
 * NAME is a file of SIZE bytes made of FILE_LINE. An answer is right if it has
 * status 200, Content-Length: SIZE, begins with the file's first line and has
 * as many bytes as it says. */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  CONNECTIONS_MAX = 8192,
  HEAD_MAX = 4096, /* of the answer's head; also room for all of a small answer */
  DEADLINE_S = 300 /* SIGALRM ends a run that hangs; strace makes one slow */
};

struct exchange {
  int fd;
  size_t opened; /* bytes in opening */
  uint64_t left; /* bytes of the answer still to come; known once is_open */
  int is_open;   /* the head and the first line of the body are checked */
  char opening[HEAD_MAX];
};

struct workload {
  int poll;
  uint16_t port;
  char request[256];
  size_t request_size;
  uint64_t size;      /* of the file */
  uint64_t asked;     /* requests sent so far */
  uint64_t count;     /* requests to send */
  uint64_t answered;  /* answers that came whole */
  size_t open;        /* connections open */
  int per_connection; /* nonzero: one request, then the server closes */
  int hold;           /* nonzero: one request, then the connection rests */
};

static void exchange_ask(struct exchange *x, struct workload *w)
{
  w->asked++;
  x->opened = 0;
  x->is_open = 0;
  if (send_message(x->fd, w->request, w->request_size) < 0)
    errx(1, "a connection ended before its request");
}

static void exchange_open(struct exchange *x, struct workload *w)
{
  x->fd = connect_local(w->port);
  w->open++;
  poll_set(w->poll, EPOLL_CTL_ADD, x->fd, EPOLLIN, x);
  exchange_ask(x, w);
}

static void exchange_close(struct exchange *x, struct workload *w)
{
  close(x->fd);
  w->open--;
}

/* The head's Content-Length, RFC 9110 8.6; head ends with a NUL. */
static uint64_t content_length(const char *head)
{
  static const char NAME[] = "\r\nContent-Length:";
  const char *field = strcasestr(head, NAME);

  if (!field)
    errx(1, "an answer has no Content-Length");
  return strtoull(field + sizeof NAME - 1, NULL, 10);
}

/* Checks the head and the first line, as soon as they are there. */
static void exchange_check(struct exchange *x, struct workload *w)
{
  char *blank = memmem(x->opening, x->opened, "\r\n\r\n", 4);

  if (!blank && x->opened == HEAD_MAX)
    errx(1, "an answer's head is too long");
  if (!blank)
    return;
  const char *body = blank + 4;
  size_t arrived = x->opened - (size_t)(body - x->opening);
  if (arrived < FILE_LINE_SIZE)
    return;
  *blank = '\0';
  if (strncmp(x->opening, "HTTP/1.1 200 ", 13) != 0)
    errx(1, "an answer is not 200: %.40s", x->opening);
  if (content_length(x->opening) != w->size)
    errx(1, "an answer has another Content-Length");
  if (memcmp(body, FILE_LINE, FILE_LINE_SIZE) != 0)
    errx(1, "an answer is not the file");
  if (arrived > w->size)
    errx(1, "an answer is longer than it says");
  x->is_open = 1;
  x->left = w->size - arrived;
}

/* put: a connection for each, one after the other, blocking. */

static void put_body(int fd, uint64_t size)
{
  static _Alignas(4096) char chunk[CHUNK];

  for (size_t i = 0; i < sizeof chunk; i++)
    chunk[i] = FILE_LINE[i % FILE_LINE_SIZE];
  while (size > 0) {
    ssize_t n = send(fd, chunk, size < CHUNK ? (size_t)size : CHUNK, MSG_NOSIGNAL);
    if (n < 0)
      err(1, "send");
    size -= (uint64_t)n;
  }
}

static void put_once(int fd, const char *name, uint64_t size)
{
  char head[HEAD_MAX];
  int n = snprintf(head, sizeof head,
                   "PUT /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %llu\r\n\r\n", name,
                   (unsigned long long)size);
  size_t have = 0;

  if (send_message(fd, head, (size_t)n) < 0)
    errx(1, "a connection ended before its request");
  put_body(fd, size);
  do {
    ssize_t got = recv(fd, head + have, sizeof head - 1 - have, 0);
    if (got <= 0)
      errx(1, "no answer came");
    have += (size_t)got;
    head[have] = '\0';
  } while (!strstr(head, "\r\n\r\n") && have < sizeof head - 1);
  if (strncmp(head, "HTTP/1.1 20", 11) != 0)
    errx(1, "an answer is not 201 or 204: %.40s", head);
}

static void run_put(uint16_t port, uint64_t count, const char *name, uint64_t size)
{
  while (count-- > 0) {
    int fd = connect_local(port);
    put_once(fd, name, size);
    close(fd);
  }
}

/* A connection ends only where the server was told to close it, and after a
 * whole answer. */
static void exchange_ended(struct exchange *x, struct workload *w)
{
  if (!w->per_connection || !x->is_open || x->left > 0)
    errx(1, "a connection ended before its answer");
  exchange_close(x, w);
  if (w->asked < w->count)
    exchange_open(x, w);
}

/* Reads the opening into memory and only counts the rest: MSG_TRUNC makes TCP
 * drop the bytes (tcp(7)), so that the client costs less than the server. */
static ssize_t exchange_receive(struct exchange *x)
{
  if (!x->is_open)
    return recv(x->fd, x->opening + x->opened, HEAD_MAX - x->opened, 0);
  /* One more than is due, to notice a byte too many. */
  return recv(x->fd, NULL, (size_t)x->left + 1, MSG_TRUNC);
}

static void exchange_answered(struct exchange *x, struct workload *w)
{
  w->answered++;
  if (w->per_connection || w->hold)
    return;
  if (w->asked < w->count)
    exchange_ask(x, w);
  else
    exchange_close(x, w);
}

static void exchange_read(struct exchange *x, struct workload *w)
{
  ssize_t n = exchange_receive(x);

  if (n < 0)
    err(1, "recv");
  if (n == 0) {
    exchange_ended(x, w);
    return;
  }
  if (!x->is_open) {
    x->opened += (size_t)n;
    exchange_check(x, w);
    if (!x->is_open)
      return;
  } else if ((uint64_t)n > x->left) {
    errx(1, "an answer is longer than it says");
  } else {
    x->left -= (uint64_t)n;
  }
  if (x->left == 0)
    exchange_answered(x, w);
}

static void run_until(struct workload *w, uint64_t answered)
{
  struct epoll_event events[EVENTS_MAX];

  while (w->answered < answered || (w->open > 0 && !w->hold)) {
    int ready = poll_wait(w->poll, events);
    for (int i = 0; i < ready; i++)
      exchange_read(events[i].data.ptr, w);
  }
}

/* The connections open one by one where they are held: thousands of them at
 * once would overrun the backlog, and a SYN sent again costs a second. */
static void run(struct workload *w, size_t connections)
{
  struct exchange *table = calloc(connections, sizeof *table);

  if (!table)
    err(1, "calloc");
  w->poll = poll_open();
  for (size_t i = 0; i < connections && w->asked < w->count; i++) {
    exchange_open(&table[i], w);
    if (w->hold)
      run_until(w, i + 1);
  }
  run_until(w, w->count);
  if (w->hold && w->open == w->count) {
    puts("idle");
    fflush(stdout);
    pause();
  }
  free(table);
}

static void make_request(struct workload *w, const char *name)
{
  int size =
      snprintf(w->request, sizeof w->request, "GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", name,
               w->per_connection ? "Connection: close\r\n" : "");

  if (size < 0 || (size_t)size >= sizeof w->request)
    errx(1, "the name is too long");
  w->request_size = (size_t)size;
}

int main(int argc, char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "";
  int kept = argc == 7 && strcmp(mode, "kept") == 0;
  int closed = argc == 7 && strcmp(mode, "closed") == 0;
  int put = argc == 6 && strcmp(mode, "put") == 0;
  int idle = argc == 6 && strcmp(mode, "idle") == 0;

  alarm(DEADLINE_S);
  if (put) {
    run_put((uint16_t)parse_number(argv[2], UINT16_MAX), parse_number(argv[3], UINT64_MAX), argv[4],
            parse_number(argv[5], INT64_MAX));
    return 0;
  }
  if (!kept && !closed && !idle)
    errx(1,
         "usage: http_load kept|closed|idle PORT CONNECTIONS [COUNT] NAME SIZE, or put PORT COUNT "
         "NAME SIZE");
  size_t connections = parse_number(argv[3], CONNECTIONS_MAX);
  struct workload w = {
      .port = (uint16_t)parse_number(argv[2], UINT16_MAX),
      .count = idle ? connections : parse_number(argv[4], UINT64_MAX),
      .size = parse_number(argv[argc - 1], INT64_MAX),
      .per_connection = closed,
      .hold = idle,
  };
  if (w.size < FILE_LINE_SIZE)
    errx(1, "a file has at least %d bytes", FILE_LINE_SIZE);
  make_request(&w, argv[argc - 2]);
  run(&w, connections);
  return 0;
}
