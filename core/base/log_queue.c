#include "core/base/log_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* A terminal may say that it has room, and not for what is written. */
enum { NAP_MS = 10 };

/* How to write without blocking where others share the description, and with it O_NONBLOCK. */
enum way {
  WAY_ASK,   /* poll(2) first: a pipe that has room takes PIPE_BUF bytes at once */
  WAY_WRITE, /* write(2): a file, which never blocks, or a description of our own */
  WAY_SEND,  /* send(2) has a flag for it */
};

static struct {
  pthread_mutex_t guard;
  struct buffer waiting; /* whole lines; the first may have been begun */
  uint64_t lost;         /* lines, since the last confession */
  uint64_t confessed;    /* the number in the confession that waits; 0 when none does */
  bool full;             /* lines are dropped until half of the queue has gone */
  bool torn;             /* what was written last is the front of a line */
  log_queue_confess confess;
  void (*wake)(void *data); /* NULL outside of log_queue_start and log_queue_stop */
  void *wake_data;
  uint64_t waited_ms; /* of LOG_LONGEST_WAIT_MS */
  bool is_open;
  enum way way;
  int fd;
} queue = {.guard = PTHREAD_MUTEX_INITIALIZER, .fd = STDERR_FILENO};

static uint64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* stderr itself. */

static void close_own(void)
{
  if (queue.fd != STDERR_FILENO)
    close(queue.fd);
  queue.fd = STDERR_FILENO;
  queue.way = WAY_ASK;
  queue.is_open = false;
}

/* A description of our own may be non-blocking. There is none for a socket, and for a file it would
 * have an offset of its own; what belongs to somebody else cannot be opened. */
static void open_own(void)
{
  struct stat st;
  if (queue.is_open)
    return;
  queue.is_open = true;
  if (fstat(STDERR_FILENO, &st) < 0)
    return;
  if (S_ISSOCK(st.st_mode)) {
    queue.way = WAY_SEND;
  } else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
      return;
    queue.fd = fd;
    queue.way = WAY_WRITE;
  } else {
    queue.way = WAY_WRITE;
  }
}

/* A poll(2) that a signal interrupts has not said that there is room. */
static bool wait_for_room(int timeout_ms)
{
  struct pollfd end = {.fd = queue.fd, .events = POLLOUT};
  return poll(&end, 1, timeout_ms) > 0;
}

/* Returns how much was written, at least a byte; UV_EAGAIN when there is no room; or a negative
 * errno: then nobody will ever read it. */
static ssize_t write_now(const uint8_t *data, size_t n)
{
  for (;;) {
    ssize_t put;
    if (queue.way == WAY_SEND)
      put = send(queue.fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    else if (queue.way == WAY_WRITE)
      put = write(queue.fd, data, n);
    else if (wait_for_room(0))
      put = write(queue.fd, data, n < PIPE_BUF ? n : PIPE_BUF);
    else
      return UV_EAGAIN;
    if (put > 0)
      return put;
    if (put == 0)
      return UV_EIO;
    if (errno == EAGAIN)
      return UV_EAGAIN;
    if (errno != EINTR)
      return -errno;
  }
}

/* Lines. */

static uint64_t count_lines(const uint8_t *s, size_t n)
{
  uint64_t lines = 0;
  for (size_t i = 0; i < n; i++)
    lines += s[i] == '\n';
  return lines;
}

/* Gives up what waits, which cannot be written. */
static void forget(void)
{
  const uint8_t *data = buffer_data(&queue.waiting);
  queue.lost += count_lines(data, queue.waiting.length);
  queue.lost -= data[0] == '\n'; /* that would have ended a torn line */
  if (queue.confessed)           /* the confession was a line, too */
    queue.lost += queue.confessed - 1;
  queue.confessed = 0;
  buffer_release(&queue.waiting);
}

/* How much goes out in one call: as many whole lines as a pipe takes in one piece, at least one. */
static size_t piece(const uint8_t *s, size_t n)
{
  if (n <= PIPE_BUF)
    return n;
  const uint8_t *end = memrchr(s, '\n', PIPE_BUF);
  if (!end)
    end = memchr(s + PIPE_BUF, '\n', n - PIPE_BUF);
  return end ? (size_t)(end + 1 - s) : n;
}

/* Writes until there is no room. False when it cannot be written at all: what waited is given up,
 * and to be confessed with the next line. */
static bool write_waiting(void)
{
  while (queue.waiting.length > 0) {
    const uint8_t *data = buffer_data(&queue.waiting);
    ssize_t put = write_now(data, piece(data, queue.waiting.length));
    if (put == UV_EAGAIN)
      return true;
    if (put < 0) {
      forget();
      return false;
    }
    queue.torn = data[put - 1] != '\n';
    buffer_consume(&queue.waiting, (size_t)put);
  }
  queue.confessed = 0;
  return true;
}

/* Says how many lines are missing, where they are missing, once there is room. */
static void confess(void)
{
  struct buffer *w = &queue.waiting;
  size_t before = w->length;
  if (queue.lost == 0 || before > LOG_QUEUE_LIMIT / 2 || !queue.confess)
    return;
  if ((queue.torn && before == 0 && buffer_append(w, "\n", 1)) || queue.confess(w, queue.lost)) {
    w->length = before; /* without memory: later */
    return;
  }
  queue.confessed = queue.lost;
  queue.lost = 0;
  queue.full = false;
}

/* Waits for stderr until all is written, or the time for that is over. */
static void write_and_wait(void)
{
  uint64_t begun_ms = now_ms(), left_ms = LOG_LONGEST_WAIT_MS - queue.waited_ms, spent_ms = 0;
  bool ready = false;
  for (;;) {
    size_t before = queue.waiting.length;
    if (!write_waiting())
      break;
    if (ready && queue.waiting.length == before)
      poll(NULL, 0, NAP_MS);
    confess();
    spent_ms = now_ms() - begun_ms;
    if (queue.waiting.length == 0 || spent_ms >= left_ms)
      break;
    ready = wait_for_room((int)(left_ms - spent_ms));
  }
  queue.waited_ms += spent_ms < left_ms ? spent_ms : left_ms;
}

/* A line that nothing waits before. */
static void write_line(const struct buffer *line)
{
  const uint8_t *data = buffer_data(line);
  ssize_t put = write_now(data, line->length);
  if (put < 0 && put != UV_EAGAIN) {
    queue.lost++;
    return;
  }
  size_t written = put < 0 ? 0 : (size_t)put;
  queue.torn = written > 0 && written < line->length;
  if (buffer_append(&queue.waiting, data + written, line->length - written))
    queue.lost++;
}

static void put_line(const struct buffer *line)
{
  bool idle = queue.waiting.length == 0;
  if (queue.lost)
    confess();
  if (queue.full)
    queue.lost++;
  else if (queue.waiting.length == 0)
    write_line(line);
  else if (queue.waiting.length + line->length > LOG_QUEUE_LIMIT ||
           buffer_append(&queue.waiting, buffer_data(line), line->length)) {
    queue.full = true;
    queue.lost++;
  }
  if (idle && queue.confessed)
    write_waiting();
}

void log_queue_put(struct buffer *line)
{
  pthread_mutex_lock(&queue.guard);
  if (line->length > 0)
    put_line(line);
  else
    queue.lost++;
  if (queue.waiting.length > 0) {
    if (queue.wake)
      queue.wake(queue.wake_data);
    else
      write_and_wait();
  }
  pthread_mutex_unlock(&queue.guard);
  buffer_release(line);
}

bool log_queue_write(bool *wrote)
{
  pthread_mutex_lock(&queue.guard);
  size_t before = queue.waiting.length;
  *wrote = false;
  if (before > 0 && write_waiting()) {
    *wrote = queue.waiting.length < before;
    confess();
  }
  bool waits = queue.waiting.length > 0;
  pthread_mutex_unlock(&queue.guard);
  return waits;
}

/* Its life. */

void log_queue_reset(log_queue_confess say)
{
  pthread_mutex_lock(&queue.guard);
  close_own();
  buffer_release(&queue.waiting);
  queue.lost = queue.confessed = queue.waited_ms = 0;
  queue.full = queue.torn = false;
  queue.confess = say;
  pthread_mutex_unlock(&queue.guard);
}

bool log_queue_start(void (*wake)(void *data), void *data)
{
  pthread_mutex_lock(&queue.guard);
  bool first = !queue.wake;
  if (first) {
    queue.wake = wake;
    queue.wake_data = data;
    queue.waited_ms = 0;
  }
  pthread_mutex_unlock(&queue.guard);
  return first;
}

void log_queue_open(void)
{
  pthread_mutex_lock(&queue.guard);
  open_own();
  pthread_mutex_unlock(&queue.guard);
}

int log_queue_fd(void)
{
  pthread_mutex_lock(&queue.guard);
  int fd = queue.fd;
  pthread_mutex_unlock(&queue.guard);
  return fd;
}

void log_queue_stop(void)
{
  pthread_mutex_lock(&queue.guard);
  queue.wake = NULL;
  write_and_wait();
  close_own();
  pthread_mutex_unlock(&queue.guard);
}
