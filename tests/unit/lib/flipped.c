#include "tests/unit/lib/flipped.h"

static void flip(uint8_t *data, size_t n)
{
  for (size_t i = 0; i < n; i++)
    data[i] ^= 0xff;
}

static ssize_t flipped_recv(struct transport *t, int fd, void *data, size_t n)
{
  (void)t;
  ssize_t got = transport_socket()->ops->recv(transport_socket(), fd, data, n);
  if (got > 0)
    flip(data, (size_t)got);
  return got;
}

static ssize_t flipped_send(struct transport *t, int fd, const void *data, size_t n, bool more)
{
  (void)t;
  uint8_t piece[4096];
  if (n > sizeof piece)
    n = sizeof piece;
  memcpy(piece, data, n);
  flip(piece, n);
  return transport_socket()->ops->send(transport_socket(), fd, piece, n, more);
}

static struct transport *make(struct transport_maker *m)
{
  static const struct transport_ops ops = {
      .recv = flipped_recv, .send = flipped_send, .is_socket = true};
  static struct transport shared = {&ops};
  (void)m;
  return &shared;
}

struct transport_maker flipped = {make};

void put_flipped(int fd, const char *text)
{
  uint8_t data[256];
  size_t n = strlen(text);
  assert_true(n < sizeof data);
  for (size_t i = 0; i < n; i++)
    data[i] = (uint8_t)~text[i];
  put_bytes(fd, data, n);
}

void assert_gets_flipped(int fd, const char *text)
{
  char data[256];
  size_t n = take(fd, data, sizeof data - 1);
  flip((uint8_t *)data, n);
  data[n] = '\0';
  assert_string_equal(data, text);
}
