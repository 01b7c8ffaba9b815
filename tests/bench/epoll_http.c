/* The least an HTTP server can do: wait, recv, find the blank line, send an
 * answer that was ready before. It is the floor under `anet serve`: it reads no
 * target, opens no file, sets no date, and a request that comes in two pieces
 * or with a second one behind it ends the connection. */
#include "net.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The head is as long as a real one, with what the servers beside it send. */
static const char HEAD[] = "HTTP/1.1 200 OK\r\n"
                           "Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n"
                           "Content-Type: application/octet-stream\r\n"
                           "Content-Length: 1024\r\n"
                           "Last-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\n"
                           "ETag: \"6920c2e0-400\"\r\n"
                           "Accept-Ranges: bytes\r\n"
                           "\r\n";

enum { HEAD_SIZE = sizeof HEAD - 1, BODY_SIZE = 1024 };

static char answer[HEAD_SIZE + BODY_SIZE];

static void make_answer(void)
{
  memcpy(answer, HEAD, HEAD_SIZE);
  for (size_t i = 0; i < BODY_SIZE; i++)
    answer[HEAD_SIZE + i] = FILE_LINE[i % FILE_LINE_SIZE];
}

static void respond(int fd)
{
  char request[4096];
  ssize_t n = recv(fd, request, sizeof request, 0);
  const char *blank = n > 0 ? memmem(request, (size_t)n, "\r\n\r\n", 4) : NULL;

  if (!blank || blank + 4 != request + n || send_message(fd, answer, sizeof answer) < 0)
    close(fd);
}

int main(void)
{
  make_answer();
  poll_serve(respond);
}
