#include "cmd/echo/echo.h"

#include "core/base/log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  LINGER_MS = 2000,
  PATTERN_WIDTH = 72,  /* RFC 864 */
  PATTERN_LENGTH = 95, /* the printable characters of ASCII, in a ring */
};

struct echo {
  struct serving serving;
  const struct echo_options *options;
  struct dump dump;
};

struct echo_conn {
  struct server_conn conn;
  struct async_chat chat;
  struct echo *echo;
  struct dump_stream stream;
  unsigned pattern_line; /* of the next line of the character pattern */
};

static struct echo_conn *echo_conn(struct async_chat *c)
{
  return container_of(c, struct echo_conn, chat);
}

static const char *who(const struct echo_conn *e, char *out)
{
  return address_format(out, (const struct sockaddr *)&e->conn.peer, e->conn.peer_size);
}

/* Lines of 72 characters; each begins one character further in the ring. */
static ssize_t pattern(void *arg, void *data, size_t room)
{
  struct echo_conn *e = arg;
  char *out = data;
  size_t n = 0;
  while (n + PATTERN_WIDTH + 2 <= room) {
    for (unsigned i = 0; i < PATTERN_WIDTH; i++)
      out[n++] = (char)(' ' + (e->pattern_line + i) % PATTERN_LENGTH);
    out[n++] = '\r';
    out[n++] = '\n';
    e->pattern_line = (e->pattern_line + 1) % PATTERN_LENGTH;
  }
  return (ssize_t)n;
}

static void answer(struct echo_conn *e, const void *data, size_t n)
{
  const struct echo_options *o = e->echo->options;
  int err = 0;
  if (o->reply)
    err = async_chat_push(&e->chat, o->reply, strlen(o->reply));
  else if (!o->discard && !o->chargen)
    err = async_chat_push(&e->chat, data, n);
  if (err && !dispatcher_is_closing(&e->chat.d))
    dispatcher_fail(&e->chat.d, err);
  if (o->close)
    async_chat_close_lingering(&e->chat, LINGER_MS);
}

static void collect(struct async_chat *c, const void *data, size_t n)
{
  struct echo_conn *e = echo_conn(c);
  if (e->echo->options->dump) {
    char name[ADDRESS_TEXT_SIZE];
    dump_data(&e->echo->dump, &e->stream, who(e, name), data, n);
  }
  answer(e, data, n);
}

static bool readable(struct async_chat *c)
{
  const struct echo *echo = echo_conn(c)->echo;
  if (echo->options->dump && !dump_has_room(&echo->dump))
    return false;
  return echo->options->chargen || async_chat_has_room(c);
}

static void failed(struct async_chat *c, int err)
{
  server_conn_because(&echo_conn(c)->conn, error_words(err), err);
  dispatcher_abort(&c->d);
}

/* The peer has ended its side. It still gets the rest of its answer; the pattern has no rest. */
static void ended(struct async_chat *c)
{
  struct echo_conn *e = echo_conn(c);
  if (c->d.gone) {
    failed(c, c->d.gone);
    return;
  }
  server_conn_because(&e->conn, "the peer ended", 0);
  if (e->echo->options->chargen)
    dispatcher_close(&c->d);
  else
    async_chat_close_when_done(c);
}

static void destroy(struct async_chat *c)
{
  struct echo_conn *e = echo_conn(c);
  if (e->echo->options->dump) {
    char name[ADDRESS_TEXT_SIZE];
    dump_end(&e->echo->dump, &e->stream, who(e, name));
    dump_event(&e->echo->dump, name, "disconnected");
  }
  e->conn.received = c->received;
  e->conn.sent = c->sent;
  server_conn_end(&e->conn);
  free(e);
}

static void greet(struct echo_conn *e)
{
  const struct echo_options *o = e->echo->options;
  if (o->greet)
    async_chat_push(&e->chat, o->greet, strlen(o->greet));
  if (o->chargen)
    async_chat_push_with_producer(&e->chat, producer_callback(pattern, NULL, e));
  else if (o->greet && o->close)
    async_chat_close_lingering(&e->chat, LINGER_MS);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect,
      .readable = readable,
      .handle_close = ended,
      .handle_error = failed,
      .destroy = destroy,
  };
  (void)l;
  struct echo_conn *e = server_conn_new(fd, sizeof *e);
  if (!e)
    return;
  e->echo = container_of(s, struct echo, serving.server);
  async_chat_init(&e->chat, s->reactor, &ops);
  if (!server_conn_begin(&e->conn, s, &e->chat.d, fd, peer, peer_size))
    return;
  server_conn_log(&e->conn, "connected");
  if (e->echo->options->dump) {
    char name[ADDRESS_TEXT_SIZE];
    dump_event(&e->echo->dump, who(e, name), "connected");
  }
  greet(e);
}

static struct echo_conn *conn_of(const struct server_conn *c)
{
  return container_of(c, struct echo_conn, conn);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return conn_of(c)->chat.d.active_ms;
}

/* The stream is cut before its end: it must not look complete. */
static void close_conn(struct server_conn *c)
{
  struct async_chat *chat = &conn_of(c)->chat;
  if (chat->lingering) /* it has all of its answer, and only its end is waited for */
    async_chat_close(chat);
  else
    dispatcher_abort(&chat->d);
}

static void dump_room(struct dump *d)
{
  struct server *s = &container_of(d, struct echo, dump)->serving.server;
  for (struct list *node = s->conns.next; node != &s->conns; node = node->next)
    dispatcher_changed(&conn_of(container_of(node, struct server_conn, link))->chat.d);
}

static void dump_failed(struct dump *d, int err)
{
  struct serving *s = &container_of(d, struct echo, dump)->serving;
  if (err == UV_EPIPE) {
    serving_fail(s, -SIGPIPE);
    return;
  }
  log_error("write stdout: %s", error_words(err));
  serving_fail(s, EXIT_CANNOT_WRITE);
}

static int open_dump(struct echo *echo)
{
  static const struct dump_ops ops = {.room = dump_room, .failed = dump_failed};
  int err = dump_open(&echo->dump, &echo->serving.reactor, echo->options->dump, &ops);
  if (!err)
    return EXIT_DONE;
  log_error("write stdout: %s", error_words(err));
  return EXIT_CANNOT_WRITE;
}

int echo_serve(const struct echo_options *o, const struct address *addresses, size_t count)
{
  static const struct server_ops ops = {
      .accepted = accepted, .active_ms = active_ms, .close = close_conn};
  struct echo echo = {.options = o};
  int code = serving_init(&echo.serving, &ops, &o->serving, 1, 0, NULL);
  if (code != EXIT_DONE)
    return code;
  for (size_t i = 0; i < count && code == EXIT_DONE; i++)
    code = serving_listen(&echo.serving, &addresses[i], NULL);
  if (o->dump && code == EXIT_DONE)
    code = open_dump(&echo);
  code = serving_run(&echo.serving, code);
  if (echo.dump.ops &&
      !dispatcher_is_closing(&echo.dump.out.d)) { /* what was received is shown in any case */
    server_stop(&echo.serving.server);            /* it still listens if it never ran */
    dump_close(&echo.dump);
    server_run_out(&echo.serving.server);
    code = echo.serving.result;
  }
  return serving_leave(&echo.serving, code);
}
