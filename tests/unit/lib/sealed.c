#include "tests/unit/lib/sealed.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { STEP = 'H', HEADER = 2, LONGEST_RECORD = 16 * 1024, MOST_AT_ONCE = 64 * 1024 };

static struct sealed *sealed(struct transport *t)
{
  return container_of(t, struct sealed, base);
}

static void flip(uint8_t *data, size_t n)
{
  for (size_t i = 0; i < n; i++)
    data[i] ^= 0xff;
}

static ssize_t plain_recv(int fd, void *data, size_t n)
{
  return transport_socket()->ops->recv(transport_socket(), fd, data, n);
}

static ssize_t plain_send(int fd, const void *data, size_t n)
{
  return transport_socket()->ops->send(transport_socket(), fd, data, n, false);
}

/* The handshake. */

static int read_step(int fd)
{
  char byte;
  ssize_t n = plain_recv(fd, &byte, 1);
  if (n == UV_EAGAIN)
    return UV_READABLE;
  if (n == 0)
    return UV_ECONNRESET;
  if (n < 0)
    return (int)n;
  return byte == STEP ? 0 : UV_EPROTO;
}

static int write_step(struct sealed *s, int fd)
{
  char byte = STEP;
  s->step_waits = !s->step_waits;
  if (s->step_waits)
    return UV_WRITABLE;
  return plain_send(fd, &byte, 1) == 1 ? 0 : UV_EPROTO;
}

static int sealed_handshake(struct transport *t, int fd)
{
  struct sealed *s = sealed(t);
  int err = 0;
  while (*s->steps && err == 0) {
    err = *s->steps == 'r' ? read_step(fd) : write_step(s, fd);
    s->steps += err == 0;
  }
  return err;
}

/* The way in. */

static size_t record_length(const struct sealed *s)
{
  const uint8_t *header = buffer_data(&s->in);
  return (size_t)header[0] << 8 | header[1];
}

/* Whether a whole record is there. */
static bool has_record(const struct sealed *s)
{
  return s->in.length >= HEADER && s->in.length >= HEADER + record_length(s);
}

static ssize_t deliver(struct sealed *s, void *data, size_t n)
{
  if (n > s->left)
    n = s->left;
  memcpy(data, buffer_data(&s->in), n);
  flip(data, n);
  buffer_consume(&s->in, n);
  s->left -= n;
  return (ssize_t)n;
}

static ssize_t read_ahead(struct sealed *s, int fd)
{
  uint8_t *room = buffer_reserve(&s->in, MOST_AT_ONCE);
  assert_non_null(room);
  ssize_t n = plain_recv(fd, room, MOST_AT_ONCE);
  s->stuck = n == UV_EAGAIN;
  if (n > 0)
    buffer_commit(&s->in, (size_t)n);
  return n == 0 ? UV_ECONNRESET : n; /* no end was said */
}

static ssize_t sealed_recv(struct transport *t, int fd, void *data, size_t n)
{
  struct sealed *s = sealed(t);
  s->recvs++;
  s->recv_turned = s->recv_turns > 0 && s->recv_turns-- > 0;
  if (s->recv_turned)
    return UV_EAGAIN;
  while (s->left == 0 && !s->ended) {
    if (has_record(s)) {
      s->left = record_length(s);
      s->ended = s->left == 0;
      buffer_consume(&s->in, HEADER);
      continue;
    }
    ssize_t got = read_ahead(s, fd);
    if (got < 0)
      return got;
  }
  return s->left > 0 ? deliver(s, data, n) : 0;
}

static bool sealed_pending(struct transport *t)
{
  const struct sealed *s = sealed(t);
  return !s->stuck && !s->recv_turned && (s->in.length > 0 || s->ended);
}

/* The way out: as SSL_write, which takes no byte before all of its record is out, and wants the
 * same bytes again until then. */

static void seal(struct sealed *s, const void *data, size_t n)
{
  uint8_t *room = buffer_reserve(&s->out, HEADER + n);
  assert_non_null(room);
  room[0] = (uint8_t)(n >> 8);
  room[1] = (uint8_t)n;
  if (n > 0)
    memcpy(room + HEADER, data, n);
  flip(room + HEADER, n);
  buffer_commit(&s->out, HEADER + n);
}

static ssize_t flush(struct sealed *s, int fd)
{
  while (s->out.length > 0) {
    ssize_t n = plain_send(fd, buffer_data(&s->out), s->out.length);
    if (n < 0)
      return n;
    buffer_consume(&s->out, (size_t)n);
  }
  return 0;
}

static ssize_t sealed_send(struct transport *t, int fd, const void *data, size_t n, bool more)
{
  struct sealed *s = sealed(t);
  (void)more;
  s->sends++;
  s->send_turned = s->send_turns > 0 && s->send_turns-- > 0;
  if (s->send_turned)
    return UV_EAGAIN;
  if (s->committed == 0) {
    s->committed = n < MOST_AT_ONCE ? n : MOST_AT_ONCE;
    s->first = *(const uint8_t *)data;
    for (size_t at = 0; at < s->committed; at += LONGEST_RECORD)
      seal(s, (const uint8_t *)data + at,
           s->committed - at < LONGEST_RECORD ? s->committed - at : LONGEST_RECORD);
  }
  assert_true(n >= s->committed && s->first == *(const uint8_t *)data);
  ssize_t err = flush(s, fd);
  if (err)
    return err;
  n = s->committed;
  s->committed = 0;
  return (ssize_t)n;
}

static int sealed_shutdown(struct transport *t, int fd)
{
  struct sealed *s = sealed(t);
  if (s->shutdown_blocks > 0) {
    s->shutdown_blocks--;
    return UV_EAGAIN;
  }
  if (!s->said_end)
    seal(s, NULL, 0);
  s->said_end = true;
  ssize_t err = flush(s, fd);
  if (err == 0)
    shutdown(fd, SHUT_WR);
  return (int)err;
}

static int sealed_wants(struct transport *t, int way)
{
  const struct sealed *s = sealed(t);
  if (way == UV_READABLE)
    return s->recv_turned ? UV_WRITABLE : UV_READABLE;
  return s->send_turned ? UV_READABLE : UV_WRITABLE;
}

static void sealed_release(struct transport *t, int fd, bool cut)
{
  struct sealed *s = sealed(t);
  record(cut ? "released, cut" : "released");
  if (!cut && !s->said_end)
    sealed_shutdown(t, fd);
  buffer_release(&s->in);
  buffer_release(&s->out);
  free(s);
}

/* Making one. */

static struct transport *make(struct transport_maker *m)
{
  static const struct transport_ops ops = {
      .recv = sealed_recv,
      .send = sealed_send,
      .handshake = sealed_handshake,
      .wants = sealed_wants,
      .pending = sealed_pending,
      .shutdown = sealed_shutdown,
      .release = sealed_release,
      .is_socket = true,
  };
  struct sealed_maker *maker = container_of(m, struct sealed_maker, base);
  if (maker->fails)
    return NULL;
  struct sealed *s = calloc(1, sizeof *s);
  assert_non_null(s);
  s->base.ops = &ops;
  s->steps = maker->steps;
  return &s->base;
}

struct sealed_maker sealed_maker(const char *steps)
{
  return (struct sealed_maker){.base.make = make, .steps = steps};
}

struct sealed *sealed_of(struct dispatcher *d)
{
  return sealed(d->transport);
}

int probe_through(struct probe *p, struct reactor *r, struct transport_maker *m, bool tcp)
{
  int fds[2];
  if (tcp)
    pair_tcp(fds);
  else
    pair_unix(fds);
  probe_init(p, r, &probe_ops_error, NULL);
  assert_int_equal(dispatcher_open_with(&p->d, fds[0], true, m), 0);
  return fds[1];
}

int probe_sealed(struct probe *p, struct reactor *r, const char *steps)
{
  struct sealed_maker m = sealed_maker(steps);
  return probe_through(p, r, &m.base, false);
}

int probe_ready(struct probe *p, struct reactor *r)
{
  int peer = probe_sealed(p, r, "");
  passes(r, 1);
  assert_calls("connect, would block");
  return peer;
}

/* The peer's side. */

static void put_record(int fd, const char *text, size_t n)
{
  struct sealed s = {0};
  seal(&s, text, n);
  put_bytes(fd, buffer_data(&s.out), s.out.length);
  buffer_release(&s.out);
}

void put_sealed(int fd, const char *text)
{
  put_record(fd, text, strlen(text));
}

void put_sealed_end(int fd)
{
  put_record(fd, NULL, 0);
}

void put_step(int fd)
{
  put(fd, "H");
}

void assert_gets_sealed(int fd, const char *text)
{
  uint8_t header[HEADER], data[256];
  assert_int_equal(take(fd, header, HEADER), HEADER);
  size_t n = (size_t)header[0] << 8 | header[1];
  assert_true(n < sizeof data);
  assert_int_equal(take(fd, data, n), n);
  flip(data, n);
  data[n] = '\0';
  assert_string_equal((char *)data, text);
}

void assert_gets_step(int fd)
{
  char byte;
  assert_int_equal(take(fd, &byte, 1), 1);
  assert_int_equal(byte, STEP);
}
