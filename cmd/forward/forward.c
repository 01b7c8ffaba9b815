#include "cmd/forward/forward.h"

#include "cmd/forward/pair.h"
#include "core/base/log.h"
#include "core/stream/splice.h"

#include <stdlib.h>

static int read_routes(struct forward *f, const char *const *operands)
{
  size_t n = 0;
  while (operands[n])
    n++;
  if (n == 0)
    return usage_error(&command_forward, "LISTEN and TARGET are missing");
  if (n % 2)
    return usage_error(&command_forward, "LISTEN '%s' has no TARGET", operands[n - 1]);
  f->routes = calloc(n / 2, sizeof *f->routes);
  if (!f->routes)
    return run_no_memory();
  for (f->count = 0; f->count < n / 2; f->count++) {
    struct route *route = &f->routes[f->count];
    int code =
        run_address(&command_forward, &route->listen, operands[2 * f->count], ADDRESS_NO_PORT);
    if (code == EXIT_DONE)
      code =
          run_target(&command_forward, &route->target, operands[2 * f->count + 1], ADDRESS_NO_PORT);
    if (code != EXIT_DONE)
      return code;
  }
  return EXIT_DONE;
}

static int resolve_target(struct forward *f, struct route *route)
{
  struct error e;
  if (!route_resolve(route, &f->serving.reactor, &e))
    return EXIT_DONE;
  log_error("%s", e.text);
  return run_exit_code(e.code);
}

static int serve_routes(struct forward *f)
{
  int code =
      serving_init(&f->serving, &pair_server_ops, &f->options->serving, 2, 0, splice_reserve);
  if (code != EXIT_DONE)
    return code;
  for (size_t i = 0; i < f->count && code == EXIT_DONE; i++)
    code = resolve_target(f, &f->routes[i]);
  for (size_t i = 0; i < f->count && code == EXIT_DONE; i++)
    code = serving_listen(&f->serving, &f->routes[i].listen, &f->routes[i]);
  code = serving_run(&f->serving, code);
  for (size_t i = 0; i < f->count; i++)
    route_stop(&f->routes[i]);
  return serving_leave(&f->serving, code);
}

static int run(const void *options, const char *const *operands)
{
  struct forward f = {.options = options};
  run_log(&command_forward, &f.options->run);
  int code = read_routes(&f, operands);
  if (code == EXIT_DONE)
    code = serve_routes(&f);
  for (size_t i = 0; i < f.count; i++)
    route_release(&f.routes[i]);
  free(f.routes);
  return code;
}

static const struct option options[] = {
    {"connect-timeout", 0, OPTION_TIME_AT(struct forward_options, connect_timeout_ms, "10s"),
     .help = "time limit for connecting to a target; 0 disables the limit"},
    {"half-close-timeout", 0, OPTION_TIME_AT(struct forward_options, half_close_timeout_ms, "15m"),
     .help = "reset a half-closed connection that is idle for TIME; 0 disables the limit"},
    SERVING_IDLE_OPTION(offsetof(struct forward_options, serving.idle_ms), "0"),
    {0},
};

const struct command command_forward = {
    .name = "forward",
    .summary = "forward connections to another address",
    .synopsis = (const char *const[]){"forward [OPTIONS] LISTEN TARGET [LISTEN TARGET]...", NULL},
    .description =
        "Accepts connections on each LISTEN and forwards each to TARGET. When one side has ended, "
        "its last bytes and its end are passed on, and the other direction goes on. A reset is "
        "passed on as a reset. Data is read only as fast as the other side takes it, so memory use "
        "stays small.\n\n"
        "A bare port is a port of 127.0.0.1. The address of each listener is printed on stdout "
        "once it accepts connections, so a script can use port 0.",
    .groups =
        (const struct option_group[]){
            {"Options", options, 0},
            {"Server options", serving_option_table, offsetof(struct forward_options, serving)},
            {"Log options", run_option_table, offsetof(struct forward_options, run)},
            {0},
        },
    .options_size = sizeof(struct forward_options),
    .examples =
        (const struct example[]){
            {"anet forward 5089 127.0.0.1:5002", "forward 127.0.0.1:5089 to 127.0.0.1:5002"},
            {"anet forward :443 [2001:db8::7]:443 :80 [2001:db8::7]:80",
             "forward two ports of every interface"},
            {"anet forward 5432 unix:/run/postgresql/.s.PGSQL.5432",
             "put a TCP port in front of a unix socket"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6", "the name of a target was not resolved"},
            {"7, 28, 56", "with --once: not connected, timed out, connection lost"},
            {"23", "stdout cannot be written"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
