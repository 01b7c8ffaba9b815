/* The least an echo server can do: wait, recv, send. It is the floor that
 * `anet echo` is compared with, so it leaves out what a real server needs:
 * no timeouts, no half-close, no queue for a reader that is slow (a short send
 * ends the program; ping-pong never fills a socket's buffer). The kernel copies
 * to the beginning of a page faster than to an address within it. */
#include "net.h"

#include <sys/socket.h>
#include <unistd.h>

static void echo(int fd)
{
  static _Alignas(4096) char data[65536];
  ssize_t n = recv(fd, data, sizeof data, 0);

  if (n <= 0 || send_message(fd, data, (size_t)n) < 0)
    close(fd);
}

int main(void)
{
  poll_serve(echo);
}
