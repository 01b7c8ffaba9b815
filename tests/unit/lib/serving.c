#include "tests/unit/lib/serving.h"

#include "core/os/socket.h"

#include <stdlib.h>
#include <unistd.h>

struct server server;
bool refuse_all;

const struct server_options plain_options = {.descriptors_each = 1};

static struct conn *conn_of(struct async_chat *c)
{
  return container_of(c, struct conn, c);
}

static void conn_destroy(struct async_chat *c)
{
  struct conn *conn = conn_of(c);
  record("ended%s%s", conn->sc.reason ? " " : "", conn->sc.reason ? conn->sc.reason : "");
  conn->sc.received = c->received;
  conn->sc.sent = c->sent;
  server_conn_end(&conn->sc);
  free(conn);
}

static void take_connection(struct server *s, struct listener *l, int fd,
                            const struct sockaddr *peer, socklen_t peer_size)
{
  static const struct async_chat_ops ops = {.destroy = conn_destroy};
  (void)l;
  if (refuse_all) {
    close(fd);
    return;
  }
  struct conn *conn = calloc(1, sizeof *conn);
  assert_non_null(conn);
  async_chat_init(&conn->c, s->reactor, &ops);
  server_conn_begin(&conn->sc, s, &conn->c.d, fd, peer, peer_size);
}

static uint64_t active_ms(const struct server_conn *sc)
{
  const struct conn *conn = container_of(sc, struct conn, sc);
  return conn->never_idle ? reactor_now_ms(sc->server->reactor) : conn->c.d.active_ms;
}

static void close_connection(struct server_conn *sc)
{
  async_chat_close(&container_of(sc, struct conn, sc)->c);
}

static struct span refusal(const struct server *s)
{
  (void)s;
  return span_of("no");
}

static void reload(struct server *s)
{
  (void)s;
  record("reload");
}

static struct server_conn *resting(const struct server *s)
{
  for (struct list *node = s->conns.next; node != &s->conns; node = node->next) {
    struct conn *conn = container_of(container_of(node, struct server_conn, link), struct conn, sc);
    if (conn->rests && !dispatcher_is_closing(&conn->c.d))
      return &conn->sc;
  }
  return NULL;
}

void serve(struct reactor *r, const struct server_options *options)
{
  static const struct server_ops ops = {
      .accepted = take_connection,
      .active_ms = active_ms,
      .close = close_connection,
      .refusal = refusal,
      .resting = resting,
      .reload = reload,
  };
  refuse_all = false;
  assert_int_equal(server_init(&server, r, &ops, options), 0);
  assert_int_equal(server_start(&server), 0);
}

struct listener *serve_on(const char *text)
{
  return serve_on_with(text, NULL);
}

struct listener *serve_on_with(const char *text, struct transport_maker *transports)
{
  struct address a;
  struct error e = {0};
  assert_int_equal(address_parse(&a, text, ADDRESS_NO_PORT, &e), 0);
  if (server_listen(&server, &a, (void *)(uintptr_t)text, transports, &e))
    fail_msg("%s", e.text);
  return container_of(server.listeners.prev, struct listener, link);
}

int client_of(const struct listener *l)
{
  struct sockaddr_storage sa;
  socklen_t size;
  assert_int_equal(socket_name(l->d.fd, &sa, &size), 0);
  return tcp_connect(&sa, size);
}

struct conn *accepted(struct reactor *r, uint64_t n)
{
  while (server.counters->accepted < n)
    pass(r);
  return container_of(container_of(server.conns.prev, struct server_conn, link), struct conn, sc);
}
