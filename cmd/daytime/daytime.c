#include "cmd/run/connecting.h"
#include "cmd/run/serving.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/stream/async_chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  DAYTIME_PORT = 13, /* RFC 867 */
  LINGER_MS = 2000,
  LONGEST_LINE = 4096,
};

static const char ctime_format[] = "%a %b %e %H:%M:%S %Y";

struct daytime_options {
  struct run_options run;
  struct serving_options serving;
  const char *connect, *format;
  bool utc;
  uint64_t timeout_ms;
};

/* The server. */

struct daytime {
  struct serving serving;
  const struct daytime_options *options;
};

struct daytime_conn {
  struct server_conn conn;
  struct async_chat chat;
};

static struct daytime_conn *daytime_conn(struct async_chat *c)
{
  return container_of(c, struct daytime_conn, chat);
}

/* Writes the line with its CRLF and returns its length. An empty format gives an empty line. */
static size_t time_line(const struct daytime_options *o, char *line, size_t size)
{
  time_t now = time(NULL);
  struct tm tm;
  if (o->utc)
    gmtime_r(&now, &tm);
  else
    localtime_r(&now, &tm);
  size_t n = strftime(line, size - 2, o->format, &tm);
  line[n++] = '\r';
  line[n++] = '\n';
  return n;
}

static void lost(struct async_chat *c)
{
  if (c->d.gone)
    server_conn_because(&daytime_conn(c)->conn, error_words(c->d.gone), c->d.gone);
  async_chat_close(c);
}

static void destroy(struct async_chat *c)
{
  struct daytime_conn *d = daytime_conn(c);
  d->conn.received = c->received;
  d->conn.sent = c->sent;
  server_conn_end(&d->conn);
  free(d);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  static const struct async_chat_ops ops = {.handle_close = lost, .destroy = destroy};
  struct daytime *daytime = container_of(s, struct daytime, serving.server);
  char line[LONGEST_LINE];
  (void)l;
  struct daytime_conn *d = server_conn_new(fd, sizeof *d);
  if (!d)
    return;
  async_chat_init(&d->chat, s->reactor, &ops);
  if (!server_conn_begin(&d->conn, s, &d->chat.d, fd, peer, peer_size))
    return;
  server_conn_log(&d->conn, "connected");
  async_chat_push(&d->chat, line, time_line(daytime->options, line, sizeof line));
  async_chat_close_lingering(&d->chat, LINGER_MS);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return container_of(c, struct daytime_conn, conn)->chat.d.active_ms;
}

static void close_conn(struct server_conn *c)
{
  async_chat_close(&container_of(c, struct daytime_conn, conn)->chat);
}

static int serve(const struct daytime_options *o, const char *const *operands)
{
  static const struct server_ops ops = {
      .accepted = accepted, .active_ms = active_ms, .close = close_conn};
  struct daytime daytime = {.options = o};
  char line[LONGEST_LINE];
  struct address *addresses;
  size_t count;

  if (o->format[0] && time_line(o, line, sizeof line) == 2)
    return usage_error(&command_daytime, "--format '%.40s': the result is empty or too long",
                       o->format);
  int code = serving_addresses(&command_daytime, operands, "8888", &addresses, &count);
  if (code == EXIT_DONE)
    code = serving_init(&daytime.serving, &ops, &o->serving, 1, 0, NULL);
  if (code != EXIT_DONE) {
    free(addresses);
    return code;
  }
  for (size_t i = 0; i < count && code == EXIT_DONE; i++)
    code = serving_listen(&daytime.serving, &addresses[i], NULL);
  free(addresses);
  return serving_leave(&daytime.serving, serving_run(&daytime.serving, code));
}

/* The client. */

struct ask {
  struct connecting client;
  struct async_chat chat;
  struct buffer answer;
  struct timer deadline;
  uint64_t timeout_ms, begun_ms;
};

static struct ask *ask_of(struct async_chat *c)
{
  return container_of(c, struct ask, chat);
}

static int print_answer(const struct buffer *answer)
{
  struct buffer text = {0};
  size_t n = answer->length;
  const uint8_t *data = buffer_data(answer);
  while (n > 0 && (data[n - 1] == '\n' || data[n - 1] == '\r'))
    n--;
  int err = escape_text(&text, data, n, ESCAPE_TERMINAL);
  if (!err)
    err = buffer_append(&text, "\n", 1);
  int code = err ? run_no_memory() : run_print(buffer_data(&text), text.length);
  buffer_release(&text);
  return code;
}

static void collect(struct async_chat *c, const void *data, size_t n)
{
  struct ask *ask = ask_of(c);
  if (ask->answer.length + n > LONGEST_LINE) {
    log_error("receive from %s: the answer is longer than %d bytes", ask->client.peer,
              LONGEST_LINE);
    connecting_finish(&ask->client, EXIT_RECEIVING);
  } else if (buffer_append(&ask->answer, data, n)) {
    connecting_finish(&ask->client, run_no_memory());
  }
}

static void ended(struct async_chat *c)
{
  struct ask *ask = ask_of(c);
  int code;
  if (c->d.gone) {
    log_error("receive from %s: %s", ask->client.peer, error_words(c->d.gone));
    code = EXIT_RECEIVING;
  } else if (ask->answer.length == 0) {
    log_error("receive from %s: empty answer", ask->client.peer);
    code = EXIT_EMPTY_REPLY;
  } else {
    code = print_answer(&ask->answer);
  }
  connecting_finish(&ask->client, code);
  async_chat_close(c);
}

static void connected(struct connecting *client, struct dispatcher *winner)
{
  static const struct async_chat_ops ops = {.collect_incoming_data = collect,
                                            .handle_close = ended};
  struct ask *ask = container_of(client, struct ask, client);
  async_chat_init(&ask->chat, &client->reactor, &ops);
  dispatcher_take(&ask->chat.d, winner);
  if (ask->timeout_ms) { /* minus the time spent on connecting */
    uint64_t spent = reactor_now_ms(&client->reactor) - ask->begun_ms;
    if (timer_start(&ask->deadline, &client->reactor,
                    spent < ask->timeout_ms ? ask->timeout_ms - spent : 1))
      connecting_finish(client, run_no_memory()); /* it might wait for ever */
  }
}

static void too_late(struct timer *t)
{
  struct ask *ask = container_of(t, struct ask, deadline);
  log_error("receive from %s: %s", ask->client.peer, error_words(UV_ETIMEDOUT));
  connecting_finish(&ask->client, EXIT_TIMED_OUT);
}

static int ask(const struct daytime_options *o, const char *const *operands)
{
  struct ask ask = {.deadline.fire = too_late, .timeout_ms = o->timeout_ms};
  struct address a;
  if (operands[0])
    return usage_error(&command_daytime, "--connect takes no LISTEN '%s'", operands[0]);
  if (run_target(&command_daytime, &a, o->connect, DAYTIME_PORT) != EXIT_DONE)
    return EXIT_USAGE;
  if (run_start(&ask.client.reactor) != EXIT_DONE)
    return EXIT_FAILED;
  ask.begun_ms = reactor_now_ms(&ask.client.reactor);
  int code = connecting_run(&ask.client, &a, o->timeout_ms, connected);
  timer_release(&ask.deadline);
  buffer_release(&ask.answer);
  return connecting_leave(&ask.client, code);
}

static int run(const void *options, const char *const *operands)
{
  const struct daytime_options *o = options;
  run_log(&command_daytime, &o->run);
  return o->connect ? ask(o, operands) : serve(o, operands);
}

static const struct option options[] = {
    {"connect", 'c', OPTION_TEXT_AT(struct daytime_options, connect, "ADDR"),
     .completion = COMPLETE_ADDRESSES,
     .help = "ask the server at ADDR for the time; the default port is 13"},
    {"timeout", 0, OPTION_TIME_AT(struct daytime_options, timeout_ms, "10s"),
     .help = "with -c: time limit for connecting and for the answer; 0 disables the limit"},
    {"format", 0, OPTION_TEXT_AT(struct daytime_options, format, "STRFTIME"), .value = ctime_format,
     .not_with = "connect", .help = "the format of the time, as for strftime(3)"},
    {"utc", 0, OPTION_FLAG_AT(struct daytime_options, utc), .not_with = "connect",
     .help = "serve UTC instead of the local time"},
    SERVING_IDLE_OPTION(offsetof(struct daytime_options, serving.idle_ms), "30s"),
    {0},
};

const struct command command_daytime = {
    .name = "daytime",
    .summary = "serve the time of day, or ask for it",
    .synopsis =
        (const char *const[]){"daytime [OPTIONS] [LISTEN]...", "daytime [OPTIONS] -c ADDR", NULL},
    .description =
        "Listens on each LISTEN, or on 127.0.0.1:8888. Each client that connects gets the time as "
        "one line, in the format of ctime(3), and the connection is closed (RFC 867).\n\n"
        "With -c it asks a server instead and prints the answer.",
    .groups =
        (const struct option_group[]){
            {"Options", options, 0},
            {"Server options", serving_option_table, offsetof(struct daytime_options, serving)},
            {"Log options", run_option_table, offsetof(struct daytime_options, run)},
            {0},
        },
    .options_size = sizeof(struct daytime_options),
    .examples =
        (const struct example[]){
            {"anet daytime", "serve the time on 127.0.0.1:8888"},
            {"anet daytime -c 8888", "ask that server"},
            {"anet daytime --utc --format %FT%TZ 0", "serve the time in ISO 8601 on a free port"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6, 7, 28", "with -c: name not resolved, not connected, timed out"},
            {"23", "stdout cannot be written"},
            {"52", "with -c: empty answer"},
            {"56", "with -c: receiving failed"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
