#include "cmd/chat/chat.h"
#include "cmd/chat/editor.h"
#include "cmd/chat/seen.h"
#include "cmd/run/connecting.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/os/socket.h"
#include "core/stream/async_chat.h"
#include "core/stream/sink.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  HIGH_MARK = 64 * 1024, /* bytes the server has not taken, above which stdin waits */
  TRY_AGAIN_MS = 100,
};

struct chat_client {
  struct connecting client;
  const struct chat_options *options;
  struct async_chat server;
  struct dispatcher input; /* stdin */
  struct sink output;      /* stdout, where no line is edited */
  struct editor editor;
  bool on_terminal, edits;
  struct buffer character; /* the start of an unfinished one, where a line is edited */
  struct seen seen;

  uint8_t last;       /* the last byte that was sent; 0 for none */
  bool input_ended;   /* the linger starts once everything is sent */
  uint64_t linger_ms; /* its length */
  struct timer linger;

  bool is_over; /* only stdout has something left to write */
  bool server_closed;
  int code;
  struct error error; /* why `code`; printed once the terminal is restored */
};

/* The end. */

/* Only the first call counts. What the server said is still written. */
static void over(struct chat_client *j, int code)
{
  if (j->is_over)
    return;
  j->is_over = true;
  j->code = code;
  editor_stop(&j->editor);
  if (!j->edits)
    sink_end(&j->output);
  if (j->edits || sink_has_room(&j->output) || j->output.over)
    connecting_finish(&j->client, code);
}

static void settle(struct chat_client *j)
{
  if (!j->input_ended || !async_chat_is_drained(&j->server) || timer_is_running(&j->linger))
    return;
  int err = timer_start(&j->linger, &j->client.reactor, j->linger_ms);
  if (err) {
    error_set(&j->error, err, "wait");
    over(j, EXIT_FAILED);
  }
}

static void end_input(struct chat_client *j, uint64_t linger_ms)
{
  j->input_ended = true;
  j->linger_ms = linger_ms;
  editor_stop(&j->editor);
  settle(j);
}

/* Closing while bytes from the server are unread resets the connection, and the server may lose
 * what it has not read yet. So we shut down our direction, and close once everything was
 * acknowledged. */
static void lingered(struct timer *t)
{
  struct chat_client *j = container_of(t, struct chat_client, linger);
  if (!j->on_terminal && socket_unsent(j->server.d.fd) > 0) {
    timer_start(t, &j->client.reactor, TRY_AGAIN_MS);
    return;
  }
  dispatcher_shutdown(&j->server.d);
  dispatcher_read_now(&j->server.d);
  over(j, EXIT_DONE);
}

/* What the server says. */

static void show(struct chat_client *j, const void *data, size_t n)
{
  if (!j->edits) {
    sink_write(&j->output, data, n);
    return;
  }
  struct buffer text = {0};
  int err = escape_part(&text, &j->character, data, n);
  if (!err)
    err = editor_print(&j->editor, buffer_data(&text), text.length);
  seen_learn(&j->seen, (const char *)buffer_data(&text), text.length);
  buffer_release(&text);
  if (err) {
    error_set(&j->error, err, "show");
    over(j, EXIT_FAILED);
  }
}

static void collect(struct async_chat *c, const void *data, size_t n)
{
  show(container_of(c, struct chat_client, server), data, n);
}

/* The connection was lost while we were sending. The server's last words can still be read. If it
 * had closed before (EPIPE, not ECONNRESET), the end follows them: it closed in good order. */
static int last_words(struct chat_client *j)
{
  _Alignas(BUFFER_PAGE) char data[16 * 1024];
  struct dispatcher *d = &j->server.d;
  ssize_t n;
  while ((n = dispatcher_recv_only(d, data, sizeof data)) > 0)
    show(j, data, (size_t)n);
  return n == 0 && d->gone == UV_EPIPE ? 0 : d->gone;
}

static void handle_close(struct async_chat *c)
{
  struct chat_client *j = container_of(c, struct chat_client, server);
  int why = c->d.gone && !c->d.ended ? last_words(j) : c->d.gone;
  j->server_closed = true;
  if (why)
    error_set(&j->error, why, "receive from %s", j->client.peer);
  async_chat_close(c);
  over(j, why ? EXIT_RECEIVING : EXIT_DONE);
}

static void handle_error(struct async_chat *c, int err)
{
  (void)err; /* c->d.gone has it */
  handle_close(c);
}

static bool readable(struct async_chat *c)
{
  struct chat_client *j = container_of(c, struct chat_client, server);
  return !j->is_over && (j->edits || sink_has_room(&j->output));
}

static void handle_drain(struct async_chat *c)
{
  struct chat_client *j = container_of(c, struct chat_client, server);
  dispatcher_changed(&j->input);
  settle(j);
}

/* stdout. */

static void room(struct sink *s)
{
  struct chat_client *j = container_of(s, struct chat_client, output);
  dispatcher_changed(&j->server.d);
  if (j->is_over)
    connecting_finish(&j->client, j->code);
}

static void unwritten(struct sink *s, int err)
{
  struct chat_client *j = container_of(s, struct chat_client, output);
  j->code = err == UV_EPIPE ? -SIGPIPE : EXIT_CANNOT_WRITE;
  error_set(&j->error, err, "write stdout");
  j->is_over = true;
  connecting_finish(&j->client, j->code);
}

/* What we say to the server. If it cannot be sent, handle_close reports the reason. */

/* Appends text with a CR before each LF that has none: Twisted's LineReceiver waits for CRLF, as
 * Telnet (RFC 854) has it. 0 or UV_ENOMEM. */
static int with_returns(struct buffer *out, const uint8_t *text, size_t n, uint8_t last)
{
  int err = 0;
  for (size_t i = 0; i < n && !err; last = text[i++]) {
    if (text[i] == '\n' && last != '\r')
      err = buffer_append(out, "\r", 1);
    if (!err)
      err = buffer_append(out, text + i, 1);
  }
  return err;
}

static void say(struct chat_client *j, const void *text, size_t n)
{
  struct buffer lines = {0};
  uint8_t last = ((const uint8_t *)text)[n - 1];
  int err = 0;
  if (j->options->protocol == CHAT_LINE) {
    err = with_returns(&lines, text, n, j->last);
    text = buffer_data(&lines);
    n = lines.length;
  }
  j->last = last;
  if (!err)
    err = async_chat_push(&j->server, text, n);
  buffer_release(&lines);
  if (err == UV_ENOMEM) {
    error_set(&j->error, err, "send to %s", j->client.peer);
    over(j, EXIT_FAILED);
  }
}

/* stdin. */

static bool wants_input(struct dispatcher *d)
{
  struct chat_client *j = container_of(d, struct chat_client, input);
  return !j->is_over && !j->input_ended && async_chat_has_room(&j->server);
}

static bool never(struct dispatcher *d)
{
  (void)d;
  return false;
}

static void read_input(struct dispatcher *d)
{
  struct chat_client *j = container_of(d, struct chat_client, input);
  if (!wants_input(d))
    return;
  uint8_t *data = d->reactor->buffer;
  ssize_t n = dispatcher_recv(d, data, ASYNC_CHAT_READ_SIZE);
  if (n == 0 || n == UV_EAGAIN)
    return;
  if (n < 0) {
    dispatcher_fail(d, (int)n);
    return;
  }
  if (j->edits)
    editor_type(&j->editor, data, (size_t)n);
  else
    say(j, data, (size_t)n);
}

static void input_closed(struct dispatcher *d)
{
  struct chat_client *j = container_of(d, struct chat_client, input);
  if (j->last && j->last != '\n')
    say(j, "\n", 1);
  if (d->gone) {
    error_set(&j->error, d->gone, "read stdin");
    over(j, EXIT_FAILED);
  } else {
    end_input(j, j->options->linger_ms);
  }
  dispatcher_close(d);
}

static void input_failed(struct dispatcher *d, int err)
{
  (void)err; /* d->gone has it */
  input_closed(d);
}

/* Lines typed on a terminal. */

static bool is_word(const char *text, size_t n, const char *word)
{
  return n == strlen(word) && memcmp(text, word, n) == 0;
}

/* /quit is handled here: a server that does not know it may pass it on to everyone. */
static void typed(struct editor *e, const char *text, size_t n)
{
  struct chat_client *j = container_of(e, struct chat_client, editor);
  if (is_word(text, n, "/quit")) {
    end_input(j, 0);
    return;
  }
  say(j, text, n + 1);
  if (j->options->protocol == CHAT_ROOM && is_word(text, n, "logout"))
    end_input(j, j->options->linger_ms);
}

static void typed_end(struct editor *e)
{
  end_input(container_of(e, struct chat_client, editor), 0);
}

static void typed_quit(struct editor *e)
{
  connecting_finish(&container_of(e, struct chat_client, editor)->client, -SIGQUIT);
}

static bool complete(struct editor *e, const char *word, size_t n, struct buffer *rest)
{
  struct chat_client *j = container_of(e, struct chat_client, editor);
  seen_complete(&j->seen, word, n, rest);
  return rest->length > 0;
}

/* The beginning. */

static void say_nick(struct chat_client *j)
{
  struct buffer line = {0};
  const char *how = j->options->protocol == CHAT_ROOM ? "login " : "";
  if (!j->options->nick)
    return;
  if (buffer_printf(&line, "%s%s\n", how, j->options->nick) == 0)
    say(j, buffer_data(&line), line.length);
  else
    over(j, run_no_memory());
  buffer_release(&line);
}

static bool open_output(struct chat_client *j)
{
  static const struct editor_ops editor_ops = {
      .line = typed, .ended = typed_end, .quit = typed_quit, .complete = complete};
  static const struct sink_ops sink_ops = {.room = room, .failed = unwritten};
  if (j->on_terminal && editor_open(&j->editor, &j->client.reactor, &editor_ops) == 0) {
    j->edits = true;
    return true;
  }
  int err = sink_open(&j->output, &j->client.reactor, STDOUT_FILENO, &sink_ops);
  if (!err)
    return true;
  unwritten(&j->output, err);
  return false;
}

static void open_input(struct chat_client *j)
{
  static const struct dispatcher_ops ops = {
      .readable = wants_input,
      .writable = never,
      .handle_read = read_input,
      .handle_close = input_closed,
      .handle_error = input_failed,
  };
  dispatcher_init(&j->input, &j->client.reactor, &ops);
  int err = dispatcher_open_file(&j->input, STDIN_FILENO);
  if (err)
    dispatcher_fail(&j->input, err);
}

static void connected(struct connecting *client, struct dispatcher *winner)
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect,
      .readable = readable,
      .handle_close = handle_close,
      .handle_error = handle_error,
      .handle_drain = handle_drain,
  };
  struct chat_client *j = container_of(client, struct chat_client, client);
  async_chat_init(&j->server, &client->reactor, &ops);
  async_chat_set_limits(&j->server, HIGH_MARK, ASYNC_CHAT_HARD_LIMIT);
  dispatcher_take(&j->server.d, winner);
  if (!open_output(j))
    return;
  say_nick(j);
  if (!j->is_over)
    open_input(j);
}

/* Prints how it ended. The terminal is restored by now. */
static void report(const struct chat_client *j, int code)
{
  if (code < 0)
    return;
  if (j->error.code)
    log_error("%s", j->error.text);
  else if (j->server_closed && j->on_terminal && !j->input_ended)
    fputs("Disconnected from the server\n", stderr);
}

/* A name is part of lines that others see. */
static bool is_nick(const char *nick)
{
  struct buffer shown = {0};
  size_t n = strlen(nick);
  bool fits = escape_text(&shown, nick, n, ESCAPE_CONTROLS) == 0 && n > 0 && shown.length == n &&
              memcmp(buffer_data(&shown), nick, n) == 0;
  buffer_release(&shown);
  return fits;
}

int chat_join(const struct chat_options *o, const struct address *peer)
{
  struct chat_client j = {.options = o, .linger = {.fire = lingered}};
  if (o->nick && !is_nick(o->nick))
    return usage_error(&command_chat, "nick '%s': must not be empty or contain control characters",
                       o->nick);
  if (run_start(&j.client.reactor) != EXIT_DONE)
    return EXIT_FAILED;
  j.on_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  int code = connecting_run(&j.client, peer, o->connect_timeout_ms, connected);
  editor_close(&j.editor);
  report(&j, code);
  sink_close(&j.output);
  timer_release(&j.linger);
  seen_release(&j.seen);
  buffer_release(&j.character);
  return connecting_leave(&j.client, code);
}
