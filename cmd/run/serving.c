#include "cmd/run/serving.h"

#include "core/base/log.h"
#include "core/base/log_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option serving_option_table[] = {
    {.name = "max-conns",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct serving_options, max_conns),
     .metavar = "N",
     .least = 1,
     .not_with = "connect",
     .help = "serve at most N connections at once; others wait (default: the descriptor limit)"},
    {.name = "max-per-host",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct serving_options, max_per_host),
     .metavar = "N",
     .least = 1,
     .not_with = "connect",
     .help = "refuse more than N connections at once from one IP address (IPv6: from one /64)"},
    {.name = "grace",
     .type = OPTION_TIME,
     .offset = offsetof(struct serving_options, grace_ms),
     .metavar = "TIME",
     .value = "5s",
     .not_with = "connect",
     .help = "time for open connections to finish after SIGINT or SIGTERM"},
    {.name = "once",
     .type = OPTION_FLAG,
     .offset = offsetof(struct serving_options, once),
     .not_with = "connect",
     .help = "serve one connection, then exit with its result"},
    {0},
};

int serving_init(struct serving *s, const struct server_ops *ops,
                 const struct serving_options *options, unsigned descriptors_each,
                 unsigned descriptors_shared, size_t (*reserve)(size_t descriptors))
{
  const struct server_options server = {
      .max_conns = options->max_conns,
      .max_per_host = options->max_per_host,
      .idle_ms = options->idle_ms,
      .grace_ms = options->grace_ms,
      .once = options->once,
      .descriptors_each = descriptors_each,
      .descriptors_shared = descriptors_shared,
      .reserve = reserve,
  };
  s->result = EXIT_DONE;
  s->scheme = NULL;
  if (run_start(&s->reactor) != EXIT_DONE)
    return EXIT_FAILED;
  log_queue_open();
  int err = server_init(&s->server, &s->reactor, ops, &server);
  if (err) {
    log_error("start: %s", error_words(err));
    return run_leave(&s->reactor, EXIT_FAILED);
  }
  return EXIT_DONE;
}

int serving_addresses(const struct command *command, const char *const *operands,
                      const char *by_default, struct address **addresses, size_t *count)
{
  const char *const defaults[] = {by_default, NULL};
  const char *const *texts = operands[0] ? operands : defaults;
  for (*count = 0; texts[*count];)
    ++*count;
  *addresses = calloc(*count + 1, sizeof **addresses);
  if (!*addresses)
    return run_no_memory();
  int code = EXIT_DONE;
  for (size_t i = 0; i < *count && code == EXIT_DONE; i++)
    code = run_address(command, &(*addresses)[i], texts[i], ADDRESS_NO_PORT);
  return code;
}

int serving_listen(struct serving *s, const struct address *a, void *tag)
{
  struct error e;
  if (server_listen(&s->server, a, tag, NULL, &e) == 0)
    return EXIT_DONE;
  log_error("%s", e.text);
  return EXIT_FAILED;
}

static int announce(const struct serving *s)
{
  const struct list *listeners = &s->server.listeners;
  struct buffer text = {0};
  int err = 0;
  for (struct list *node = listeners->next; node != listeners; node = node->next) {
    const char *name = container_of(node, struct listener, link)->name;
    if (s->scheme && strncmp(name, "unix:", 5) != 0)
      err = buffer_printf(&text, "%s://%s/\n", s->scheme, name);
    else
      err = buffer_printf(&text, "%s\n", name);
    if (err)
      break;
  }
  int code = err ? run_no_memory() : run_print(buffer_data(&text), text.length);
  buffer_release(&text);
  return code;
}

static int start(struct serving *s)
{
  int err = server_start(&s->server);
  if (!err)
    return announce(s);
  log_error("start: %s", error_words(err));
  return EXIT_FAILED;
}

int serving_run(struct serving *s, int code)
{
  if (code == EXIT_DONE)
    code = start(s);
  if (code == EXIT_DONE)
    server_run(&s->server);
  if (code == EXIT_DONE && s->result == EXIT_DONE && !s->server.stopping) {
    log_error("nothing is left to wait for, and nobody has stopped the server");
    code = EXIT_FAILED;
  }
  if (s->server.broken)
    code = EXIT_FAILED;
  else if (code == EXIT_DONE && s->server.options.once)
    code = run_exit_code(s->server.error);
  serving_fail(s, code);
  return s->result;
}

void serving_fail(struct serving *s, int code)
{
  if (s->result == EXIT_DONE)
    s->result = code;
  reactor_stop(&s->reactor);
}

int serving_leave(struct serving *s, int code)
{
  log_queue_stop(); /* while signals are still caught: one that comes now must not cut it short */
  server_release(&s->server);
  return run_leave(&s->reactor, code);
}
