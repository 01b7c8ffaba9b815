#include "cmd/run/serving.h"
#include "core/base/log.h"
#include "core/net/connect.h"
#include "core/stream/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_UP_AGAIN_MS = 10000 };

struct forward_options {
  struct run_options run;
  struct serving_options serving;
  uint64_t connect_timeout_ms, half_close_timeout_ms;
};

/* One LISTEN TARGET pair. */
struct route {
  struct address listen, target;
  char name[ADDRESS_TEXT_SIZE]; /* the target's, for the log */
  struct sockaddr_list addresses;
  struct resolver resolver; /* renews `addresses` of a target that is a name */
  uint64_t resolved_ms;
};

struct forward {
  struct serving serving;
  const struct forward_options *options;
  struct route *routes;
  size_t count;
};

/* One connection: the client, and the target once that answers. */
struct pair {
  struct server_conn conn;
  struct relay relay;
  struct forward *forward;
  struct dial *dial; /* while the target is being connected */
  struct timer half_close;
  char reason[96];
};

/* Held only while connecting: it is larger than all the rest. */
struct dial {
  struct connector connector;
  struct pair *pair;
};

static void pair_because(struct pair *p, const char *who, int err)
{
  if (p->reason[0] == '\0')
    snprintf(p->reason, sizeof p->reason, "%s%s%s", who, err ? ": " : "",
             err ? error_words(err) : "");
  server_conn_because(&p->conn, p->reason, err);
}

static void end_dial(struct pair *p)
{
  if (!p->dial)
    return;
  connector_cancel(&p->dial->connector);
  free(p->dial);
  p->dial = NULL;
}

/* Once one direction has ended, the other may go on, but not for ever: the half that is left may
 * belong to a peer that forgot it. */
static void half_over(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  uint64_t ms = p->forward->options->half_close_timeout_ms;
  if (ms && !timer_is_running(&p->half_close))
    timer_start(&p->half_close, relay->reactor, ms);
}

/* Cut as a reset: what is left of the connection has not come to its end. */
static void half_close_over(struct timer *t)
{
  struct pair *p = container_of(t, struct pair, half_close);
  struct reactor *r = p->relay.reactor;
  uint64_t ms = p->forward->options->half_close_timeout_ms;
  uint64_t rested = reactor_now_ms(r) - relay_active_ms(&p->relay);
  if (rested < ms) {
    timer_start(t, r, ms - rested);
    return;
  }
  server_conn_because(&p->conn, "half-close timeout", UV_ETIMEDOUT);
  relay_abort(&p->relay);
}

static void over(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  if (!relay->error)
    pair_because(p, "both ended", 0);
  else
    pair_because(p, relay->failed == &relay->ends[0] ? "client" : "target", relay->error);
}

static void destroy(struct relay *relay)
{
  struct pair *p = container_of(relay, struct pair, relay);
  p->conn.received = relay->there.bytes;
  p->conn.sent = relay->back.bytes;
  server_conn_end(&p->conn);
  timer_release(&p->half_close);
  free(p);
}

static void target_connected(struct connector *connector, struct dispatcher *winner)
{
  struct pair *p = container_of(connector, struct dial, connector)->pair;
  dispatcher_take(relay_end(&p->relay, 1), winner);
  end_dial(p);
  server_conn_log(&p->conn, "connected");
  relay_flush(&p->relay);
}

static void target_failed(struct connector *connector, const struct error *e)
{
  struct pair *p = container_of(connector, struct dial, connector)->pair;
  log_error("%s", e->text);
  pair_because(p, "no target", e->code);
  end_dial(p);
  relay_close(&p->relay);
}

static void renewed(struct resolver *r, int status, struct sockaddr_list *found)
{
  struct route *route = container_of(r, struct route, resolver);
  if (status) {
    log_error("resolve %s: %s; the addresses known so far stay", route->name, error_words(status));
    return;
  }
  sockaddr_list_release(&route->addresses);
  route->addresses = *found;
}

/* A name is looked up beside the connections, never in their way: they go to the addresses known
 * so far. */
static void renew_addresses(struct forward *f, struct route *route)
{
  uint64_t now = reactor_now_ms(&f->serving.reactor);
  if (route->target.kind != ADDRESS_NAME || now - route->resolved_ms < LOOK_UP_AGAIN_MS)
    return;
  route->resolved_ms = now;
  resolver_cancel(&route->resolver);
  resolver_start(&route->resolver, &f->serving.reactor, &route->target);
}

static void dial(struct pair *p, struct route *route, bool data_follows)
{
  static const struct connector_ops ops = {.connected = target_connected, .failed = target_failed};
  p->dial = calloc(1, sizeof *p->dial);
  if (!p->dial) {
    pair_because(p, "no target", UV_ENOMEM);
    relay_close(&p->relay);
    return;
  }
  p->dial->pair = p;
  connector_start_list(&p->dial->connector, p->relay.reactor, &ops, &route->addresses,
                       p->forward->options->connect_timeout_ms, data_follows);
}

static void accepted(struct server *s, struct listener *l, int fd, const struct sockaddr *peer,
                     socklen_t peer_size)
{
  static const struct relay_ops ops = {
      .source_gone = half_over, .half_over = half_over, .over = over, .destroy = destroy};
  struct forward *f = container_of(s, struct forward, serving.server);
  struct route *route = l->tag;
  struct pair *p = server_conn_new(fd, sizeof *p);
  if (!p)
    return;
  p->forward = f;
  p->half_close.fire = half_close_over;
  relay_init(&p->relay, s->reactor, &ops);
  dispatcher_open(relay_end(&p->relay, 0), fd, true);
  server_conn_begin(&p->conn, s, peer, peer_size);
  p->conn.to = route->name;
  renew_addresses(f, route);
  bool data_follows = relay_prefetch(&p->relay);
  if (!p->relay.done)
    dial(p, route, data_follows);
}

static struct pair *pair_of(const struct server_conn *c)
{
  return container_of(c, struct pair, conn);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return relay_active_ms(&pair_of(c)->relay);
}

static void close_pair(struct server_conn *c)
{
  struct pair *p = pair_of(c);
  end_dial(p);
  if (c->server->stopping)
    relay_abort(&p->relay); /* it has not come to its end, and must not look as if it had */
  else
    relay_close(&p->relay);
}

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
    return EXIT_FAILED;
  for (f->count = 0; f->count < n / 2; f->count++) {
    struct route *route = &f->routes[f->count];
    int code =
        run_address(&command_forward, &route->listen, operands[2 * f->count], ADDRESS_NO_PORT);
    if (code == EXIT_DONE)
      code =
          run_target(&command_forward, &route->target, operands[2 * f->count + 1], ADDRESS_NO_PORT);
    if (code != EXIT_DONE)
      return code;
    route->resolver.done = renewed;
  }
  return EXIT_DONE;
}

/* A target that has no address is better known before anybody connects. */
static int resolve_target(struct forward *f, struct route *route)
{
  struct error e;
  if (resolve_now(&route->target, &route->addresses, &e)) {
    log_error("%s", e.text);
    return run_exit_code(e.code);
  }
  route->resolved_ms = reactor_now_ms(&f->serving.reactor);
  if (route->target.kind == ADDRESS_NAME)
    snprintf(route->name, sizeof route->name, "%s:%u", route->target.name, route->target.port);
  else
    address_format(route->name, (struct sockaddr *)&route->target.sockaddr, route->target.size);
  return EXIT_DONE;
}

static int serve_routes(struct forward *f)
{
  static const struct server_ops ops = {
      .accepted = accepted, .active_ms = active_ms, .close = close_pair};
  int code = serving_init(&f->serving, &ops, &f->options->serving, 2, 0, splice_reserve);
  if (code != EXIT_DONE)
    return code;
  for (size_t i = 0; i < f->count && code == EXIT_DONE; i++)
    code = resolve_target(f, &f->routes[i]);
  for (size_t i = 0; i < f->count && code == EXIT_DONE; i++)
    code = serving_listen(&f->serving, &f->routes[i].listen, &f->routes[i]);
  code = serving_run(&f->serving, code);
  for (size_t i = 0; i < f->count; i++)
    resolver_cancel(&f->routes[i].resolver);
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
    sockaddr_list_release(&f.routes[i].addresses);
  free(f.routes);
  return code;
}

static const struct option options[] = {
    {.name = "connect-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct forward_options, connect_timeout_ms),
     .metavar = "TIME",
     .value = "10s",
     .help = "how long a target may take to answer; 0 is for ever"},
    {.name = "half-close-timeout",
     .type = OPTION_TIME,
     .offset = offsetof(struct forward_options, half_close_timeout_ms),
     .metavar = "TIME",
     .value = "15m",
     .help = "how long one direction may rest once the other has ended; 0 is for ever"},
    SERVING_IDLE_OPTION(offsetof(struct forward_options, serving.idle_ms), "0"),
    {0},
};

const struct command command_forward = {
    .name = "forward",
    .summary = "pass connections on to another address",
    .synopsis = (const char *const[]){"forward [OPTIONS] LISTEN TARGET [LISTEN TARGET]...", NULL},
    .description =
        "Accepts connections on each LISTEN and joins each to one of its own to TARGET. The end of "
        "one direction is passed on once its bytes are out, and the other goes on; a reset is "
        "passed on as a reset. What one side does not take is not read from the other, so memory "
        "stays small whatever the sizes.\n\n"
        "A bare port is one of 127.0.0.1. The address of each listener is printed on stdout when "
        "it accepts connections, so port 0 works in a script.",
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
            {"anet forward 5089 127.0.0.1:5002", "pass on what comes to 127.0.0.1:5089"},
            {"anet forward :443 [2001:db8::7]:443 :80 [2001:db8::7]:80",
             "two ports of every interface"},
            {"anet forward 5432 unix:/run/postgresql/.s.PGSQL.5432",
             "a TCP port in front of a unix socket"},
            {0},
        },
    .exits =
        (const struct example[]){
            {"6", "the name of a target does not resolve"},
            {"7, 28, 56", "with --once: not connected, timed out, cut"},
            {"23", "stdout cannot be written"},
            {0},
        },
    .operands = COMPLETE_ADDRESSES,
    .run = run,
};
