#include "cmd/echo/echo.h"
#include "cmd/run/connecting.h"
#include "core/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PROBE_SIZE = 64,
  PRINT_SIZE = 4096, /* lines are printed together, without --interval */
};

struct ping {
  struct connecting client;
  struct async_chat chat;
  struct timer next, deadline;
  const struct echo_options *options;
  char probe[PROBE_SIZE + 1];
  size_t compared; /* bytes of the answer that equal the probe */
  uint64_t sent_ns;
  uint64_t *times_ns;
  size_t count;        /* probes answered */
  struct buffer lines; /* not printed yet */
};

static void give_up(struct ping *p, int code)
{
  connecting_finish(&p->client, code);
  async_chat_close(&p->chat);
}

static void fail(struct ping *p, const char *what, int code)
{
  log_error("probe %zu to %s: %s", p->count + 1, p->client.peer, what);
  give_up(p, code);
}

/* The lines so far, and `code` if they could be printed. */
static int print_lines(struct ping *p, int code)
{
  int printed = run_print(buffer_data(&p->lines), p->lines.length);
  buffer_release(&p->lines);
  return printed == EXIT_DONE ? code : printed;
}

static void send_probe(struct ping *p)
{
  snprintf(p->probe, sizeof p->probe, "anet echo probe %-46zu\r\n", p->count + 1);
  p->compared = 0;
  async_chat_set_terminator_length(&p->chat, PROBE_SIZE);
  if (p->options->timeout_ms &&
      timer_start(&p->deadline, &p->client.reactor, p->options->timeout_ms)) {
    give_up(p, run_no_memory()); /* it might wait for ever */
    return;
  }
  p->sent_ns = uv_hrtime();
  async_chat_push(&p->chat, p->probe, PROBE_SIZE);
}

static int compare_times(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static double ms(uint64_t ns)
{
  return (double)ns / 1e6;
}

/* The nearest-rank percentile of the sorted times. */
static uint64_t percentile(const struct ping *p, size_t percent)
{
  return p->times_ns[(p->count * percent + 99) / 100 - 1];
}

static void finish(struct ping *p)
{
  qsort(p->times_ns, p->count, sizeof *p->times_ns, compare_times);
  int err =
      buffer_printf(&p->lines, "min/median/p99/max %.3f/%.3f/%.3f/%.3f ms\n", ms(p->times_ns[0]),
                    ms(percentile(p, 50)), ms(percentile(p, 99)), ms(p->times_ns[p->count - 1]));
  give_up(p, err ? run_no_memory() : EXIT_DONE);
}

static void collect(struct async_chat *c, const void *data, size_t n)
{
  struct ping *p = container_of(c, struct ping, chat);
  if (p->compared + n > PROBE_SIZE || memcmp(p->probe + p->compared, data, n) != 0)
    fail(p, "the answer differs from the probe", EXIT_RECEIVING);
  p->compared += n;
}

static void came_back(struct async_chat *c)
{
  struct ping *p = container_of(c, struct ping, chat);
  p->times_ns[p->count] = uv_hrtime() - p->sent_ns;
  timer_stop(&p->deadline);
  int err = buffer_printf(&p->lines, "%zu %.3f ms\n", p->count + 1, ms(p->times_ns[p->count]));
  int code = err ? run_no_memory() : EXIT_DONE;
  p->count++;
  if (code == EXIT_DONE && (p->options->interval_ms || p->lines.length >= PRINT_SIZE))
    code = print_lines(p, code);
  if (code != EXIT_DONE)
    give_up(p, code);
  else if (p->count == p->options->ping)
    finish(p);
  else if (!p->options->interval_ms)
    send_probe(p);
  else if (timer_start(&p->next, &p->client.reactor, p->options->interval_ms))
    give_up(p, run_no_memory());
}

static void next_probe(struct timer *t)
{
  send_probe(container_of(t, struct ping, next));
}

static void too_late(struct timer *t)
{
  fail(container_of(t, struct ping, deadline), error_words(UV_ETIMEDOUT), EXIT_TIMED_OUT);
}

static void failed(struct async_chat *c, int err)
{
  fail(container_of(c, struct ping, chat), err ? error_words(err) : "the peer ended",
       EXIT_RECEIVING);
}

static void ended(struct async_chat *c)
{
  failed(c, c->d.gone);
}

static void connected(struct connecting *client, struct dispatcher *winner)
{
  static const struct async_chat_ops ops = {
      .collect_incoming_data = collect,
      .found_terminator = came_back,
      .handle_close = ended,
      .handle_error = failed,
  };
  struct ping *p = container_of(client, struct ping, client);
  async_chat_init(&p->chat, &client->reactor, &ops);
  dispatcher_take(&p->chat.d, winner);
  send_probe(p);
}

int echo_ping(const struct echo_options *o, const struct address *peer)
{
  struct ping p = {.options = o, .next.fire = next_probe, .deadline.fire = too_late};
  p.times_ns = calloc(o->ping, sizeof *p.times_ns);
  if (!p.times_ns)
    return run_no_memory();
  if (run_start(&p.client.reactor) != EXIT_DONE) {
    free(p.times_ns);
    return EXIT_FAILED;
  }
  int code = connecting_run(&p.client, peer, o->connect_timeout_ms, connected);
  int printed = print_lines(&p, EXIT_DONE);
  if (code == EXIT_DONE)
    code = printed;
  timer_release(&p.next);
  timer_release(&p.deadline);
  free(p.times_ns);
  return connecting_leave(&p.client, code);
}
