#include "tests/unit/lib/harness.h"

#include "core/base/buffer.h"

#include "core/base/escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROGRAM_LIMIT_S = 100, PASS_LIMIT_MS = 10000 };

static size_t descriptors_before;

static struct {
  char text[4096];
  size_t length;
  bool in_step; /* something was called in this step */
} calls;

static void forget_calls(void)
{
  memset(&calls, 0, sizeof calls);
}

static size_t count_descriptors(void)
{
  size_t n = 0;
  DIR *dir = opendir("/proc/self/fd");
  assert_non_null(dir);
  while (readdir(dir))
    n++;
  closedir(dir);
  return n;
}

void harness_start(void)
{
  struct reactor r;
  signal(SIGPIPE, SIG_IGN);
  const char *limit = getenv("TEST_LIMIT_S"); /* memcheck allows more */
  alarm(limit ? (unsigned)atoi(limit) : PROGRAM_LIMIT_S);
  /* libuv's own descriptors, which stay to the end of the process, are open from here on. */
  if (reactor_init(&r) == 0)
    reactor_release(&r);
}

int as_many(int many, int few)
{
  return getenv("TEST_LIMIT_S") ? few : many;
}

int reactor_setup(void **state)
{
  struct reactor *r = malloc(sizeof *r);
  descriptors_before = count_descriptors();
  forget_calls();
  *state = r;
  return r ? reactor_init(r) : -1;
}

int reactor_teardown(void **state)
{
  int err = reactor_release(*state);
  free(*state);
  assert_int_equal(err, 0);
  assert_int_equal(count_descriptors(), descriptors_before);
  return 0;
}

void pass(struct reactor *r)
{
  assert_true(r->held > 0 || !list_empty(&r->channels));
  reactor_run(r, PASS_LIMIT_MS, 1);
}

void passes(struct reactor *r, unsigned n)
{
  reactor_run(r, 0, n);
}

/* The record. */

static void add(const char *text)
{
  size_t n = strlen(text);
  assert_true(calls.length + n < sizeof calls.text);
  memcpy(calls.text + calls.length, text, n + 1);
  calls.length += n;
}

void record(const char *format, ...)
{
  char call[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(call, sizeof call, format, args);
  va_end(args);
  if (calls.in_step)
    add(", ");
  add(call);
  calls.in_step = true;
}

void record_bytes(const char *call, const void *data, size_t n)
{
  char text[1024];
  escape_to(text, sizeof text, data, n);
  record("%s %s", call, text);
}

void record_step(void)
{
  add(calls.in_step ? " ; " : "- ; ");
  calls.in_step = false;
}

void assert_calls(const char *want)
{
  if (!calls.in_step)
    add("-");
  assert_string_equal(calls.text, want);
  forget_calls();
}

const char *error_name(int err)
{
  return err ? uv_err_name(err) : "0";
}

/* Sockets. */

static void set_nonblocking(int fd)
{
  assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

void pair_unix(int fds[2])
{
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  set_nonblocking(fds[0]);
}

void pair_tcp(int fds[2])
{
  struct sockaddr_storage sa;
  socklen_t size;
  int listening = tcp_socket(&sa, &size, 1);
  fds[1] = tcp_connect(&sa, size);
  fds[0] = accept(listening, NULL, NULL);
  assert_true(fds[0] >= 0);
  set_nonblocking(fds[0]);
  close(listening);
}

int tcp_socket(struct sockaddr_storage *sa, socklen_t *size, int backlog)
{
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
  if (backlog >= 0)
    assert_int_equal(listen(fd, backlog), 0);
  memset(sa, 0, sizeof *sa);
  *size = sizeof *sa;
  assert_int_equal(getsockname(fd, (struct sockaddr *)sa, size), 0);
  return fd;
}

int tcp_connect(const struct sockaddr_storage *sa, socklen_t size)
{
  int fd = socket(sa->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)sa, size), 0);
  return fd;
}

void full_listener(struct full_listener *f)
{
  f->fd = tcp_socket(&f->sa, &f->size, 0);
  for (size_t i = 0; i < LENGTH(f->waiting); i++) {
    f->waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connect(f->waiting[i], (struct sockaddr *)&f->sa, f->size);
  }
}

void full_listener_close(struct full_listener *f)
{
  close(f->fd);
  for (size_t i = 0; i < LENGTH(f->waiting); i++)
    close(f->waiting[i]);
}

void close_with_reset(int fd)
{
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none), 0);
  close(fd);
}

bool is_open(int fd)
{
  return fcntl(fd, F_GETFD) >= 0;
}

bool is_readable(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, 0) == 1;
}

void wait_readable(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  assert_int_equal(poll(&p, 1, -1), 1);
}

int error_of_read(int fd)
{
  char byte;
  ssize_t n = read(fd, &byte, 1);
  return n < 0 ? -errno : (int)n;
}

void put_bytes(int fd, const void *data, size_t n)
{
  assert_int_equal(write(fd, data, n), n);
}

void put(int fd, const char *text)
{
  put_bytes(fd, text, strlen(text));
}

size_t take(int fd, void *data, size_t n)
{
  size_t got = 0;
  while (got < n && is_readable(fd)) {
    ssize_t some = read(fd, (char *)data + got, n - got);
    if (some <= 0)
      break;
    got += (size_t)some;
  }
  return got;
}

void assert_gets(int fd, const char *text)
{
  char got[4096];
  got[take(fd, got, sizeof got - 1)] = '\0';
  assert_string_equal(got, text);
}

void assert_ends(int fd)
{
  wait_readable(fd);
  assert_int_equal(error_of_read(fd), 0);
}

int temporary_file(void)
{
  int fd = memfd_create("anet-test", MFD_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

/* Long streams: a period that is no divisor of any buffer's size. */

void fill_pattern(uint8_t *data, size_t n, uint64_t offset)
{
  for (size_t i = 0; i < n; i++)
    data[i] = (uint8_t)((offset + i) % 251);
}

void assert_pattern(const uint8_t *data, size_t n, uint64_t offset)
{
  for (size_t i = 0; i < n; i++)
    if (data[i] != (uint8_t)((offset + i) % 251))
      fail_msg("the byte at %llu is out of order", (unsigned long long)(offset + i));
}

/* stderr */

void capture_start(struct capture *c)
{
  c->file = temporary_file();
  c->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  assert_true(c->saved >= 0);
  assert_int_equal(dup2(c->file, STDERR_FILENO), STDERR_FILENO);
}

const char *capture_stop(struct capture *c)
{
  assert_int_equal(dup2(c->saved, STDERR_FILENO), STDERR_FILENO);
  ssize_t n = pread(c->file, c->text, sizeof c->text - 1, 0);
  assert_true(n >= 0);
  c->text[n] = '\0';
  close(c->saved);
  close(c->file);
  return c->text;
}

size_t count_lines(const char *text)
{
  size_t n = 0;
  for (; *text; text++)
    n += *text == '\n';
  return n;
}

struct dispatcher *on(int fd)
{
  static struct dispatcher d;
  d = (struct dispatcher){.transport = transport_socket(), .state = DISPATCHER_CONNECTED, .fd = fd};
  return &d;
}

/* The scripted transport. */

static ssize_t script_recv(struct transport *t, int fd, void *data, size_t n)
{
  struct script *s = container_of(t, struct script, base);
  s->recvs++;
  if (n > s->recv_most)
    s->recv_most = n;
  if (s->recv_result < 0)
    return s->recv_result;
  return transport_socket()->ops->recv(transport_socket(), fd, data, n);
}

static ssize_t script_send(struct transport *t, int fd, const void *data, size_t n, bool more)
{
  struct script *s = container_of(t, struct script, base);
  s->sends++;
  s->held_back = more;
  if (n > s->send_most)
    s->send_most = n;
  if (s->send_result < 0)
    return s->send_result;
  if (s->send_result > 0 && n > (size_t)s->send_result)
    n = (size_t)s->send_result;
  return transport_socket()->ops->send(transport_socket(), fd, data, n, more);
}

/* One send of all of it. */
static ssize_t script_sendv(struct transport *t, int fd, const struct iovec *pieces, int count,
                            bool more)
{
  struct buffer whole = {0};
  for (int i = 0; i < count; i++)
    assert_int_equal(buffer_append(&whole, pieces[i].iov_base, pieces[i].iov_len), 0);
  ssize_t sent = script_send(t, fd, buffer_data(&whole), whole.length, more);
  buffer_release(&whole);
  return sent;
}

static ssize_t script_sendfile(struct transport *t, int fd, int file, int64_t *offset, size_t n)
{
  container_of(t, struct script, base)->held_back = false;
  return transport_socket()->ops->sendfile(transport_socket(), fd, file, offset, n);
}

void script_install(struct script *s, struct dispatcher *d)
{
  static const struct transport_ops ops = {
      .recv = script_recv,
      .send = script_send,
      .sendv = script_sendv,
      .sendfile = script_sendfile,
      .is_socket = true,
  };
  *s = (struct script){.base.ops = &ops};
  d->transport = &s->base;
}
