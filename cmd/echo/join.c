#include "cmd/echo/echo.h"
#include "cmd/run/connecting.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/stream/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

struct join {
  struct connecting client;
  struct relay relay;
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

static void connected(struct connecting *client, struct dispatcher *winner)
{
  static const struct relay_ops plain = {.over = over, .destroy = destroy};
  static const struct relay_ops escaped = {.over = over, .destroy = destroy, .transform = escape};
  struct join *j = container_of(client, struct join, client);
  relay_init_three(&j->relay, &client->reactor, isatty(STDOUT_FILENO) ? &escaped : &plain);
  dispatcher_take(relay_end(&j->relay, END_PEER), winner);
  if (open_end(j, END_STDIN, STDIN_FILENO, "read stdin", EXIT_FAILED) &&
      open_end(j, END_STDOUT, STDOUT_FILENO, "write stdout", EXIT_CANNOT_WRITE))
    let_go_of_stdout();
}

int echo_join(const struct echo_options *o, const struct address *peer)
{
  struct join j = {.character = {0}};
  if (run_start(&j.client.reactor) != EXIT_DONE)
    return EXIT_FAILED;
  int code = connecting_run(&j.client, peer, o->connect_timeout_ms, connected);
  if (j.relay.ops)
    relay_close(&j.relay);
  buffer_release(&j.character);
  return connecting_leave(&j.client, code);
}
