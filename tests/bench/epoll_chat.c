/* The least a room can be, for the floor of chat: a login and a logout are
 * answered, every other line goes to all who are in, with one send each. Works
 * only for lines that come whole and one by one, as chat_load says them. */
#include "net.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEMBERS_MAX = 1024 };

static int members[MEMBERS_MAX];
static int count;

static void leave(int fd)
{
  for (int i = 0; i < count; i++) {
    if (members[i] == fd)
      members[i] = members[--count];
  }
  close(fd);
}

static void tell_all(const char *line, size_t size)
{
  for (int i = 0; i < count; i++)
    send_message(members[i], line, size);
}

static void answer(int fd)
{
  static const char in[] = "Unknown command: enough\n";
  char line[MESSAGE_MAX], said[MESSAGE_MAX + 32];
  ssize_t n = recv(fd, line, sizeof line, 0);

  if (n < 6 || memcmp(line, "logout", 6) == 0) {
    leave(fd);
  } else if (memcmp(line, "login", 5) == 0 && count < MEMBERS_MAX) {
    members[count++] = fd;
    send_message(fd, in, sizeof in - 1);
  } else {
    int size = snprintf(said, sizeof said, "m%d : %.*s", fd, (int)n - 4, line + 4);
    tell_all(said, (size_t)size);
  }
}

int main(void)
{
  poll_serve(answer);
}
