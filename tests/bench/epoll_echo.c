/* The least an echo server can do: wait, recv, send. It is the floor that
 * `anet echo` is compared with, so it leaves out what a real server needs:
 * no timeouts, no half-close, no queue for a reader that is slow (a short send
 * ends the program; 64 bytes ping-pong never fill a socket's buffer).
 *
 * Level-triggered, one recv an event: no second recv only to find EAGAIN. */
#include "net.h"

#include <sys/socket.h>
#include <unistd.h>

static void echo(int fd)
{
  char data[65536];
  ssize_t n = recv(fd, data, sizeof data, 0);

  if (n <= 0 || send_message(fd, data, (size_t)n) < 0)
    close(fd);
}

int main(void)
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
        echo((int)(intptr_t)events[i].data.ptr);
      } else {
        int fd = accept_local(listener);
        poll_set(poll, EPOLL_CTL_ADD, fd, EPOLLIN, (void *)(intptr_t)fd);
      }
    }
  }
}
