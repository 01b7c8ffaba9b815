/* The members of the benchmark of `anet chat`: they talk through a port, in the
 * room protocol, and check what each of them hears; exits 0 only if everybody
 * heard everything in one order.
 *
 *   chat_load deliver PORT MEMBERS COUNT UNHEARD   COUNT lines, of which UNHEARD are
 *                    on their way to somebody at a time; then all log out, one
 *                    after the other
 *   chat_load crowd  PORT MEMBERS RATE SECONDS     RATE lines a second, said by
 *                    all in turn; prints after how many ms they were heard
 *   chat_load hard   PORT MEMBERS RATE SECONDS     the same, while the last
 *                    member reads nothing and the one before it floods
 *
 * A line says when it was said. The server has room for it in every socket. */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
  MEMBERS_MAX = 16384,
  LINE_SIZE = 128,
  FLOOD_SIZE = 64 * 1024,
  TOGETHER = 256, /* members who come at a time */
  DEADLINE_S = 300
};

#define WORDS "and a few words as one says them"

struct member {
  int fd;
  int listens;
  size_t number;
  uint64_t heard; /* lines that were said since all are in */
  uint64_t order; /* a hash of these, in their order */
  size_t length;
  char line[LINE_SIZE]; /* the one that is not whole yet */
};

struct crowd {
  int poll;
  uint16_t port;
  size_t members, listening, entered;
  int begun; /* everybody is in: what is said counts */
  uint64_t said, count, unheard, heard, flooded;
  uint64_t *arrivals; /* of each line in the order of the room, how many have heard it */
  uint64_t whole;     /* lines that all have heard */
  uint32_t *delays;   /* in µs, of each line heard by each */
  size_t delay_count, delay_room;
};

static struct member table[MEMBERS_MAX];

static uint64_t now_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* FNV-1a, going on from the lines before. */
static uint64_t hash(uint64_t h, const char *data, size_t n)
{
  for (size_t i = 0; i < n; i++)
    h = (h ^ (uint8_t)data[i]) * 1099511628211u;
  return h;
}

static void say(struct crowd *c, struct member *m)
{
  char line[LINE_SIZE];
  int n = snprintf(line, sizeof line, "say %llu " WORDS "\n", (unsigned long long)now_us());

  c->said++;
  if (send_message(m->fd, line, (size_t)n) < 0)
    errx(1, "member %zu was thrown out", m->number);
}

static void enter(struct crowd *c, size_t number)
{
  char line[LINE_SIZE];
  struct member *m = &table[number];

  *m = (struct member){.fd = connect_local(c->port), .number = number, .listens = 1};
  int n = snprintf(line, sizeof line, "login m%zu\nenough\n", number);
  if (send_message(m->fd, line, (size_t)n) < 0)
    errx(1, "member %zu was not let in", number);
  poll_set(c->poll, EPOLL_CTL_ADD, m->fd, EPOLLIN, m);
}

static void add_delay(struct crowd *c, uint64_t said_us)
{
  if (c->delay_count < c->delay_room)
    c->delays[c->delay_count++] = (uint32_t)(now_us() - said_us);
}

/* `text` is what somebody said. */
static void hear(struct crowd *c, struct member *m, const char *text)
{
  char *words;
  uint64_t said_us = strtoull(text, &words, 10);

  if (words == text) {
    if (m->number == 0)
      c->flooded++;
    return;
  }
  if (strcmp(words, " " WORDS "\n") != 0)
    errx(1, "member %zu heard: %s", m->number, text);
  add_delay(c, said_us);
  if (m->heard >= c->count)
    errx(1, "member %zu heard a line twice", m->number);
  c->heard++;
  if (++c->arrivals[m->heard++] == c->listening)
    c->whole++;
}

static void take_line(struct crowd *c, struct member *m)
{
  const char *colon = strstr(m->line, " : ");

  if (strcmp(m->line, "Unknown command: enough\n") == 0)
    c->entered++;
  if (!colon)
    return;
  m->order = hash(m->order, m->line, m->length);
  hear(c, m, colon + 3);
}

static void take(struct crowd *c, struct member *m, const char *data, size_t n)
{
  while (n > 0) {
    const char *end = memchr(data, '\n', n);
    size_t part = end ? (size_t)(end - data) + 1 : n;
    if (m->length + part >= sizeof m->line)
      errx(1, "member %zu heard a line that is too long", m->number);
    memcpy(m->line + m->length, data, part);
    m->length += part;
    m->line[m->length] = '\0';
    data += part;
    n -= part;
    if (end) {
      take_line(c, m);
      m->length = 0;
    }
  }
}

static void member_read(struct crowd *c, struct member *m)
{
  char data[64 * 1024];
  ssize_t n = recv(m->fd, data, sizeof data, MSG_DONTWAIT);

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0)
    errx(1, "member %zu was thrown out after %llu lines", m->number, (unsigned long long)m->heard);
  take(c, m, data, (size_t)n);
}

/* One wait, and what came. Returns how often the clock has ticked. */
static uint64_t pass(struct crowd *c, int clock)
{
  struct epoll_event events[EVENTS_MAX];
  int ready = poll_wait(c->poll, events);
  uint64_t ticks = 0;

  for (int i = 0; i < ready; i++) {
    if (events[i].data.ptr)
      member_read(c, events[i].data.ptr);
    else if (read(clock, &ticks, sizeof ticks) != sizeof ticks)
      err(1, "the clock");
  }
  return ticks;
}

/* Some at a time: a server that answers them all together may, one that takes them one by one has
 * no more of them waiting than fit its backlog. */
static void all_enter(struct crowd *c)
{
  c->poll = poll_open();
  for (size_t i = 0; i < c->members; i++) {
    enter(c, i);
    while (c->entered + TOGETHER <= i + 1)
      pass(c, -1);
  }
  while (c->entered < c->members)
    pass(c, -1);
}

static void check_order(const struct crowd *c)
{
  for (size_t i = 0; i < c->members; i++) {
    const struct member *m = &table[i];
    if (m->listens && (m->heard != c->count || m->order != table[0].order))
      errx(1, "member %zu heard %llu lines of %llu, or in another order", i,
           (unsigned long long)m->heard, (unsigned long long)c->count);
  }
}

static void leave(struct member *m)
{
  char rest[4096];

  if (send_message(m->fd, "logout\n", 7) < 0)
    errx(1, "member %zu was gone before its logout", m->number);
  while (recv(m->fd, rest, sizeof rest, 0) > 0)
    continue;
  close(m->fd);
}

static void run_deliver(struct crowd *c)
{
  while (c->whole < c->count) {
    while (c->said < c->count && c->said - c->whole < c->unheard)
      say(c, &table[c->said % c->members]);
    pass(c, -1);
  }
  check_order(c);
  for (size_t i = 0; i < c->members; i++)
    leave(&table[i]);
}

/* The last reads no more, and the one before it says more than it may. What it says it hears, too.
 */
static void begin_hardship(struct crowd *c)
{
  static char flood[FLOOD_SIZE];
  struct member *silent = &table[c->members - 1], *flooding = &table[c->members - 2];

  for (size_t i = 0; i + 10 <= sizeof flood; i += 10)
    memcpy(flood + i, "say flood\n", 10);
  poll_set(c->poll, EPOLL_CTL_DEL, silent->fd, 0, NULL);
  silent->listens = 0;
  c->listening--;
  if (send(flooding->fd, flood, sizeof flood / 10 * 10, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    err(1, "flood");
}

static int start_clock(struct crowd *c, uint64_t rate)
{
  struct timespec each = {.tv_nsec = (long)(1000000000 / rate) - (rate == 1)};
  struct itimerspec time = {.it_value = each, .it_interval = each};
  int clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

  if (clock < 0 || timerfd_settime(clock, 0, &time, NULL) < 0)
    err(1, "timerfd");
  poll_set(c->poll, EPOLL_CTL_ADD, clock, EPOLLIN, NULL);
  return clock;
}

static int compare_delays(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

  return (x > y) - (x < y);
}

static void print_delays(struct crowd *c)
{
  size_t n = c->delay_count;

  qsort(c->delays, n, sizeof *c->delays, compare_delays);
  printf("%zu members, %llu lines, heard %zu times, after ms: median %.2f, 99%% %.2f, most %.2f\n",
         c->members, (unsigned long long)c->count, n, c->delays[n / 2] / 1e3,
         c->delays[n - 1 - n / 100] / 1e3, c->delays[n - 1] / 1e3);
  if (c->flooded)
    printf("of the flood, %llu lines were passed on\n", (unsigned long long)c->flooded);
}

/* The two on whom the hardship is say nothing of what counts. */
static void run_crowd(struct crowd *c, uint64_t rate, int hard)
{
  size_t speakers = c->members - (hard ? 2 : 0);

  if (hard)
    begin_hardship(c);
  int clock = start_clock(c, rate);
  while (c->whole < c->count) {
    for (uint64_t ticks = pass(c, clock); ticks > 0 && c->said < c->count; ticks--)
      say(c, &table[c->said % speakers]);
  }
  check_order(c);
  print_delays(c);
}

int main(int argc, char **argv)
{
  const char *mode = argc == 6 ? argv[1] : "";
  int deliver = strcmp(mode, "deliver") == 0, hard = strcmp(mode, "hard") == 0;
  struct crowd c = {0};

  if (!deliver && !hard && strcmp(mode, "crowd") != 0)
    errx(1, "usage: chat_load deliver PORT MEMBERS COUNT UNHEARD\n"
            "       chat_load crowd|hard PORT MEMBERS RATE SECONDS");
  c.port = (uint16_t)parse_number(argv[2], UINT16_MAX);
  c.members = c.listening = parse_number(argv[3], MEMBERS_MAX);
  uint64_t rate = parse_number(argv[4], 10000000), seconds = parse_number(argv[5], 100000);
  c.unheard = seconds;
  c.count = deliver ? rate : rate * seconds;
  c.arrivals = calloc(c.count, sizeof *c.arrivals);
  c.delay_room = deliver ? 0 : c.count * c.members;
  c.delays = calloc(c.delay_room + 1, sizeof *c.delays);
  if (!c.arrivals || !c.delays)
    err(1, "calloc");
  if (hard && c.members < 3)
    errx(1, "hardship is for three or more");

  alarm(DEADLINE_S);
  all_enter(&c);
  if (deliver)
    run_deliver(&c);
  else
    run_crowd(&c, rate, hard);
  return 0;
}
