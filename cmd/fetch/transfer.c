#include "cmd/fetch/transfer.h"

#include "cmd/fetch/body.h"
#include "cmd/fetch/exchange.h"
#include "cmd/fetch/proxy.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/retry.h"
#include "core/idn.h"
#include "core/log.h"
#include "core/socket.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static void begin(struct transfer *t);

/* Without the password, to be freed; NULL without memory, or for none. */
static char *shown_url(const struct http_url *u)
{
  struct buffer text = {0};
  if (u->memory && http_url_print(&text, u) == 0)
    return buffer_take_text(&text);
  buffer_release(&text);
  return NULL;
}

/* The end. */

/* Closes what is under way. */
static void let_go(struct transfer *t)
{
  connector_cancel(&t->connector);
  exchange_close(t);
  if (t->answer.is_open)
    t->written_bytes = t->answer.sink.written;
  answer_close(&t->answer);
  timer_stop(&t->stall);
}

static void give_file_up(struct transfer *t, bool may_keep)
{
  char *url = shown_url(&t->origin);
  t->output.keeps = t->output.keeps && may_keep && url;
  output_discard(&t->output, url, t->validator);
  free(url);
}

static void say_why(struct transfer *t)
{
  char *url = shown_url(&t->origin);
  if (t->fetch->shows_progress)
    progress_hide(&t->fetch->progress);
  log_error("%s: %s", url ? url : t->text, t->error.text);
  free(url);
}

static void finish(struct transfer *t, int code)
{
  t->over = true;
  t->code = code;
  t->times.ended = uv_hrtime();
  timer_release(&t->stall);
  timer_release(&t->deadline);
  timer_release(&t->pause);
  output_release(&t->output);
  progress_end(&t->line, code == EXIT_DONE);
  if (code > 0)
    say_why(t);
  t->fetch->over(t->fetch, t);
}

void transfer_succeed(struct transfer *t, int code)
{
  let_go(t);
  if (output_publish(&t->output, &t->error)) {
    give_file_up(t, false);
    code = EXIT_CANNOT_WRITE;
  }
  finish(t, code);
}

void transfer_cancel(struct transfer *t, int code)
{
  if (t->over)
    return;
  let_go(t);
  give_file_up(t, true);
  finish(t, code);
}

/* Another try. */

static bool may_retry(const struct transfer *t, enum transfer_hope hope)
{
  bool sent = t->exchange != NULL;
  uint64_t written = t->answer.is_open ? t->answer.sink.written : 0;
  if (hope == TRANSFER_HOPELESS || t->retries >= t->fetch->options->retries)
    return false;
  if (written > 0 && !output_is_file(&t->output)) /* what reached a pipe cannot be taken back */
    return false;
  return hope == TRANSFER_ASKED || !sent || retry_is_idempotent(t->method);
}

static void say_retry(const struct transfer *t, uint64_t delay_ms, const struct error *e)
{
  char *url = shown_url(&t->url);
  if (t->fetch->shows_progress)
    progress_hide(&t->fetch->progress);
  log_event(LOG_INFO, "retry",
            (const struct log_field[]){{.name = "of", .text = url ? url : t->text},
                                       {.name = "in", .number = delay_ms, .milli = true},
                                       {.name = "after", .text = e->text},
                                       {0}});
  free(url);
}

/* Whether it is under way: not when the server wants longer than anybody waits. */
static bool retry(struct transfer *t, struct span retry_after, const struct error *e)
{
  const struct fetch_options *o = t->fetch->options;
  uint64_t delay = retry_delay_ms(o->retry_delay_ms, t->retries, retry_after, (int64_t)time(NULL));
  if (delay > RETRY_LONGEST_ASKED_MS || timer_start(&t->pause, t->fetch->reactor, delay))
    return false;
  say_retry(t, delay, e);
  t->retries++;
  let_go(t);
  give_file_up(t, true);
  return true;
}

static void pause_over(struct timer *timer)
{
  begin(container_of(timer, struct transfer, pause));
}

void transfer_fail(struct transfer *t, int code, enum transfer_hope hope, struct span retry_after,
                   const struct error *e)
{
  if (t->over)
    return;
  if (code > 0 && may_retry(t, hope) && retry(t, retry_after, e))
    return;
  t->error = *e;
  let_go(t);
  give_file_up(t, hope != TRANSFER_HOPELESS || code < 0);
  finish(t, code);
}

void transfer_redirect(struct transfer *t, struct http_url *url, unsigned status)
{
  const char *method = redirect_method(status, t->method);
  exchange_close(t);
  timer_stop(&t->stall);
  http_url_release(&t->url);
  t->url = *url;
  t->sends_body = t->sends_body && strcmp(method, t->method) == 0;
  t->method = method;
  t->redirects++;
  begin(t);
}

void transfer_start_over(struct transfer *t)
{
  let_go(t);
  t->starts_over = true;
  begin(t);
}

/* Waiting. */

static void late(struct transfer *t, enum transfer_hope hope, const char *what, uint64_t ms)
{
  struct error e;
  error_say(&e, UV_ETIMEDOUT, "timed out: %s %g s", what, (double)ms / 1000);
  transfer_fail(t, EXIT_TIMED_OUT, hope, (struct span){NULL, 0}, &e);
}

static void deadline_over(struct timer *timer)
{
  struct transfer *t = container_of(timer, struct transfer, deadline);
  t->retries = UINT32_MAX; /* it is the time for all tries */
  late(t, TRANSFER_TRANSIENT, "it is not over after", t->fetch->options->timeout_ms);
}

static void stall_over(struct timer *timer)
{
  struct transfer *t = container_of(timer, struct transfer, stall);
  uint64_t most = t->fetch->options->stall_timeout_ms;
  uint64_t now = reactor_now_ms(t->fetch->reactor), active = t->moved_ms;
  if (t->exchange && t->exchange->client.chat.d.active_ms > active)
    active = t->exchange->client.chat.d.active_ms;
  if (!t->exchange || !answer_has_room(&t->answer)) /* it is our reader who stalls */
    active = now;
  if (now - active >= most)
    late(t, TRANSFER_TRANSIENT, "nothing has moved for", most);
  else
    timer_start(&t->stall, t->fetch->reactor, most - (now - active));
}

/* The beginning. */

static void note_names(struct transfer *t, int fd)
{
  struct sockaddr_storage sa;
  socklen_t size;
  if (socket_peer(fd, &sa, &size) == 0)
    address_format(t->remote, (struct sockaddr *)&sa, size);
  if (socket_name(fd, &sa, &size) == 0)
    address_format(t->local, (struct sockaddr *)&sa, size);
  log_event(LOG_DEBUG, "connected",
            (const struct log_field[]){{.name = "to", .text = t->remote}, {0}});
}

static void connected(struct connector *connector, struct dispatcher *winner)
{
  struct transfer *t = container_of(connector, struct transfer, connector);
  uint64_t stall = t->fetch->options->stall_timeout_ms;
  t->times.resolved = connector->resolved_ns;
  t->times.connected = uv_hrtime();
  t->moved_ms = reactor_now_ms(t->fetch->reactor);
  if (t->fetch->reports || log_enabled(LOG_DEBUG))
    note_names(t, winner->fd);
  if (stall)
    timer_start(&t->stall, t->fetch->reactor, stall);
  exchange_start(t, winner);
}

static void not_connected(struct connector *connector, const struct error *e)
{
  struct transfer *t = container_of(connector, struct transfer, connector);
  struct error copy = *e;
  transfer_fail(t, run_exit_code(e->code), TRANSFER_TRANSIENT, (struct span){NULL, 0}, &copy);
}

/* Where to connect for `u`. 0 or a negative errno with an error. */
static int address_of(struct address *a, const struct http_url *u, struct error *e)
{
  struct buffer text = {0};
  const char *format = u->bracketed ? "[%s]:%u" : "%s:%u";
  if (buffer_printf(&text, format, u->host, (unsigned)u->port) || buffer_append(&text, "", 1)) {
    buffer_release(&text);
    return error_set(e, UV_ENOMEM, "connect");
  }
  int err = address_parse(a, (const char *)buffer_data(&text), ADDRESS_NO_PORT, e);
  buffer_release(&text);
  if (!err && a->kind == ADDRESS_ANY)
    err = error_say(e, UV_EINVAL, "'%s' is the name of no host", u->host);
  return err;
}

/* A name beyond ASCII becomes what DNS has for it. 0 or a negative errno with an error. */
static int apply_idna(struct http_url *u, struct error *e)
{
  char *ascii;
  if (!idn_is_needed(u->host))
    return 0;
  int err = idn_to_ascii(u->host, &ascii, e);
  if (err)
    return err;
  err = http_url_set_host(u, ascii);
  free(ascii);
  return err ? error_set(e, err, "'%s'", u->host) : 0;
}

/* Finds out whom to ask. 0 or a negative errno with an error. */
static int find_address(struct transfer *t, struct address *a, struct error *e)
{
  if (t->url.tls)
    return error_say(e, UV_ENOTSUP, "https needs TLS, which is not built in yet");
  int err = apply_idna(&t->url, e);
  if (err)
    return err;
  http_url_release(&t->proxy);
  t->has_proxy = false;
  if (t->address.size) {
    *a = t->address;
    return 0;
  }
  int found = proxy_for(&t->proxy, &t->url, e);
  if (found < 0)
    return found;
  t->has_proxy = found > 0;
  return address_of(a, t->has_proxy ? &t->proxy : &t->url, e);
}

/* Whether there is a part to go on with: looked for at the beginning with --continue, and by a
 * retry for what it kept itself. */
static int find_part(struct transfer *t, struct error *e)
{
  const struct fetch_options *o = t->fetch->options;
  t->asks_rest = false;
  if (!output_is_file(&t->output) || t->starts_over)
    return 0;
  if (!o->resume && !(t->output.keeps && t->retries > 0))
    return 0;
  char *url = shown_url(&t->origin);
  int err = url ? output_find_part(&t->output, url, e) : error_set(e, UV_ENOMEM, "part");
  free(url);
  t->asks_rest = !err && t->output.have > 0;
  return err;
}

static void begin(struct transfer *t)
{
  static const struct connector_ops ops = {.connected = connected, .failed = not_connected};
  struct address a;
  struct error e;
  if (find_part(t, &e))
    transfer_fail(t, EXIT_CANNOT_WRITE, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  else if (find_address(t, &a, &e))
    transfer_fail(t, EXIT_FAILED, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  else
    connector_start(&t->connector, t->fetch->reactor, &ops, &a,
                    t->fetch->options->connect_timeout_ms);
}

void transfer_start(struct transfer *t)
{
  const struct fetch_options *o = t->fetch->options;
  t->times.begun = uv_hrtime();
  if (o->timeout_ms)
    timer_start(&t->deadline, t->fetch->reactor, o->timeout_ms);
  begin(t);
}

/* -T to a URL that ends in a slash: the file keeps its name there. */
static int add_upload_name(struct http_url *u, const char *name)
{
  bool folder = u->path_length > 0 && u->target[u->path_length - 1] == '/';
  return name && folder ? http_url_add_name(u, name) : 0;
}

static int read_url(struct transfer *t, struct error *e)
{
  int err = http_url_parse(&t->origin, span_of(t->text), e);
  if (!err)
    err = apply_idna(&t->origin, e);
  if (err)
    return err;
  if (add_upload_name(&t->origin, t->fetch->body->upload_name) ||
      http_url_copy(&t->url, &t->origin))
    return error_set(e, UV_ENOMEM, "%s", t->text);
  return 0;
}

static const char *first_method(const struct fetch *f)
{
  if (f->options->method)
    return f->options->method;
  if (f->options->head)
    return "HEAD";
  return f->body->present ? f->body->method : "GET";
}

int transfer_init(struct transfer *t, struct fetch *f, const char *text, char *path,
                  const struct address *socket)
{
  *t = (struct transfer){.fetch = f, .text = text, .path = path};
  int code = read_url(t, &t->error) ? EXIT_FAILED : EXIT_DONE;
  t->method = first_method(f);
  t->sends_body = f->body->present;
  t->stall.fire = stall_over;
  t->deadline.fire = deadline_over;
  t->pause.fire = pause_over;
  if (socket)
    t->address = *socket;
  if (output_init(&t->output, path, &t->error))
    code = EXIT_CANNOT_WRITE;
  t->output.keeps = output_is_file(&t->output) && (f->options->keep_partial || f->options->resume);
  return code;
}

void transfer_release(struct transfer *t)
{
  output_release(&t->output);
  http_url_release(&t->origin);
  http_url_release(&t->url);
  http_url_release(&t->proxy);
  buffer_release(&t->head);
  free(t->validator);
  free(t->path);
}
