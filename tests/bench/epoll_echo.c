/* The least an echo server can do: wait, recv, send. It is the floor that
 * `anet echo` is compared with, so it leaves out what a real server needs:
 * no timeouts, no half-close, no queue for a reader that is slow (a short send
 * ends the program; 64 bytes ping-pong never fill a socket's buffer). */
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
  poll_serve(echo);
}
