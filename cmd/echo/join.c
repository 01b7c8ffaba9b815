#include "cmd/echo/echo.h"
#include "cmd/run/connecting.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/os/socket.h"
#include "core/stream/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRY_AGAIN_MS = 100 };

struct join {
  struct connecting client;
  const struct echo_options *options;
  struct relay relay;
  struct timer linger, stall;
  struct buffer character; /* on a terminal: the start of one, until the rest arrives */
};

enum { END_STDIN, END_PEER, END_STDOUT };

static void over(struct relay *relay)
{
  struct join *j = container_of(relay, struct join, relay);
  int code = EXIT_DONE;
  if (relay->error && relay->failed == &relay->ends[END_STDIN]) {
    log_error("read stdin: %s", error_words(relay->error));
    code = EXIT_FAILED;
  } else if (relay->error && relay->failed == &relay->ends[END_STDOUT]) {
    code = -SIGPIPE;
    if (relay->error != UV_EPIPE) {
      log_error("write stdout: %s", error_words(relay->error));
      code = EXIT_CANNOT_WRITE;
    }
  } else if (relay->error) {
    log_error("receive from %s: %s", j->client.peer, error_words(relay->error));
    code = EXIT_RECEIVING;
  }
  connecting_finish(&j->client, code);
}

static void destroy(struct relay *relay)
{
  (void)relay; /* on the stack of echo_join */
}

static int escape(struct relay *relay, const void *data, size_t n, struct buffer *to)
{
  return escape_part(to, &container_of(relay, struct join, relay)->character, data, n);
}

static bool open_end(struct join *j, size_t end, int fd, const char *name, int code)
{
  int err = dispatcher_open_file(relay_end(&j->relay, end), fd);
  if (!err)
    return true;
  log_error("%s: %s", name, error_words(err));
  connecting_finish(&j->client, code);
  relay_close(&j->relay);
  return false;
}

/* The relay has a descriptor of stdout of its own. The reader of stdout sees the end only when the
 * last one is closed, so ours must not stay open. */
static void let_go_of_stdout(void)
{
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDOUT_FILENO);
    close(null);
  }
}

/* Without memory for a timer the run might have no end. */
static void start_timer(struct join *j, struct timer *t, uint64_t ms)
{
  if (timer_start(t, &j->client.reactor, ms))
    connecting_finish(&j->client, run_no_memory());
}

/* Everything from stdin is out. */
static void half_over(struct relay *relay)
{
  struct join *j = container_of(relay, struct join, relay);
  if (j->options->linger_ms && flow_is_over(&relay->there) && !flow_is_over(&relay->back))
    start_timer(j, &j->linger, j->options->linger_ms);
}

/* Closing while bytes from the server are unread resets the connection, and it may lose what it has
 * not acknowledged yet. */
static void lingered(struct timer *t)
{
  struct join *j = container_of(t, struct join, linger);
  if (socket_unsent(j->relay.ends[END_PEER].d.fd) > 0)
    start_timer(j, t, TRY_AGAIN_MS);
  else
    relay_end_flow(&j->relay.back);
}

static void stalled(struct timer *t)
{
  struct join *j = container_of(t, struct join, stall);
  uint64_t most = j->options->stall_timeout_ms;
  uint64_t rested = reactor_now_ms(&j->client.reactor) - relay_active_ms(&j->relay);
  if (flow_is_waiting(&j->relay.back)) /* the reader of stdout stalls, not the server */
    rested = 0;
  if (rested < most) {
    start_timer(j, t, most - rested);
    return;
  }
  log_error("receive from %s: timed out: no data for %g s", j->client.peer, (double)most / 1000);
  connecting_finish(&j->client, EXIT_TIMED_OUT);
  relay_abort(&j->relay);
}

/* Whether stdin and stdout are one socket, as inetd has it: then the server's end is passed on by
 * shutdown, and a reset by a reset. A socket that is stdout alone may be shared with others that
 * write to it later. */
static bool is_one_socket(void)
{
  struct stat in, out;
  return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISSOCK(in.st_mode) &&
         in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static bool open_stdin(struct join *j)
{
  if (!j->options->receive_only)
    return open_end(j, END_STDIN, STDIN_FILENO, "read stdin", EXIT_FAILED);
  j->relay.there.keeps_end = true;
  relay_end_flow(&j->relay.there);
  return true;
}

static void connected(struct connecting *client, struct dispatcher *winner)
{
  static const struct relay_ops plain = {.half_over = half_over, .over = over, .destroy = destroy};
  static const struct relay_ops escaped = {
      .half_over = half_over, .over = over, .destroy = destroy, .transform = escape};
  struct join *j = container_of(client, struct join, client);
  bool is_one = is_one_socket();
  relay_init_three(&j->relay, &client->reactor, isatty(STDOUT_FILENO) ? &escaped : &plain);
  j->relay.there.keeps_end = j->options->no_half_close;
  dispatcher_take(relay_end(&j->relay, END_PEER), winner);
  if (!open_stdin(j) || !open_end(j, END_STDOUT, STDOUT_FILENO, "write stdout", EXIT_CANNOT_WRITE))
    return;
  if (is_one) {
    dispatcher_set_transport(&j->relay.ends[END_STDOUT].d, transport_socket());
    if (!j->options->receive_only)
      dispatcher_set_transport(&j->relay.ends[END_STDIN].d, transport_socket());
  }
  let_go_of_stdout();
  if (j->options->stall_timeout_ms)
    start_timer(j, &j->stall, j->options->stall_timeout_ms);
}

int echo_join(const struct echo_options *o, const struct address *peer)
{
  struct join j = {.options = o, .linger.fire = lingered, .stall.fire = stalled};
  if (run_start(&j.client.reactor) != EXIT_DONE)
    return EXIT_FAILED;
  int code = connecting_run(&j.client, peer, o->connect_timeout_ms, connected);
  if (j.relay.ops)
    relay_close(&j.relay);
  timer_release(&j.linger);
  timer_release(&j.stall);
  buffer_release(&j.character);
  return connecting_leave(&j.client, code);
}
