#include "net.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t pattern_at(uint64_t offset)
{
  return (uint8_t)(offset % PATTERN_PERIOD / PATTERN_STRIDE);
}

uint64_t parse_number(const char *text, uint64_t max)
{
  char *end;

  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || end == text || *end || value < 1 || value > max)
    errx(1, "not a number in range: %s", text);
  return value;
}

static struct sockaddr_in local_address(uint16_t port)
{
  return (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_port = htons(port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
}

static int open_socket(void)
{
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    err(1, "socket");
  return fd;
}

static void set_nodelay(int fd)
{
  int on = 1;

  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
    err(1, "setsockopt");
}

int listen_local(void)
{
  struct sockaddr_in address = local_address(0);
  socklen_t length = sizeof address;
  int fd = open_socket();

  if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, SOMAXCONN) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &length) < 0)
    err(1, "listen");
  printf("127.0.0.1:%u\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int connect_local(uint16_t port)
{
  struct sockaddr_in address = local_address(port);
  int fd = open_socket();

  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
    err(1, "connect");
  set_nodelay(fd);
  return fd;
}

int accept_local(int listener)
{
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

  if (fd < 0)
    err(1, "accept");
  set_nodelay(fd);
  return fd;
}

int send_message(int fd, const void *data, size_t size)
{
  ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
    return -1;
  if (n < 0)
    err(1, "send");
  if ((size_t)n != size)
    errx(1, "a message did not fit the socket's buffer");
  return 0;
}

int poll_open(void)
{
  int poll = epoll_create1(EPOLL_CLOEXEC);

  if (poll < 0)
    err(1, "epoll_create1");
  return poll;
}

void poll_set(int poll, int operation, int fd, uint32_t events, void *context)
{
  struct epoll_event event = {.events = events, .data.ptr = context};

  if (epoll_ctl(poll, operation, fd, &event) < 0)
    err(1, "epoll_ctl");
}

int poll_wait(int poll, struct epoll_event events[EVENTS_MAX])
{
  int count;

  do
    count = epoll_wait(poll, events, EVENTS_MAX, -1);
  while (count < 0 && errno == EINTR); /* strace attaching interrupts it */
  if (count < 0)
    err(1, "epoll_wait");
  return count;
}

void poll_serve(void (*answer)(int fd))
{
  struct epoll_event events[EVENTS_MAX];
  int listener = listen_local();
  int poll = poll_open();

  alarm(SERVER_DEADLINE_S);
  poll_set(poll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (;;) {
    int ready = poll_wait(poll, events);
    for (int i = 0; i < ready; i++) {
      /* The descriptor itself is all the context a connection has; it is
       * never 0, as stdin is open. */
      if (events[i].data.ptr) {
        answer((int)(intptr_t)events[i].data.ptr);
      } else {
        int fd = accept_local(listener);
        poll_set(poll, EPOLL_CTL_ADD, fd, EPOLLIN, (void *)(intptr_t)fd);
      }
    }
  }
}
