#include "cmd/fetch/transfer.h"

#include "cmd/fetch/host.h"
#include "cmd/fetch/name_coding.h"
#include "cmd/fetch/proxy.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/request_head.h"
#include "cmd/fetch/retry.h"
#include "cmd/fetch/trace.h"
#include "cmd/fetch/transfer_output.h"
#include "cmd/fetch/transfer_progress.h"
#include "cmd/fetch/verdict.h"
#include "core/base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static void begin(struct transfer *t);
static void dial(struct transfer *t);

static const struct fetch_options *options_of(const struct transfer *t)
{
  return t->context->plan->options;
}

/* Progress lines are taken off the screen before anything is logged. */
static void make_room_for_log(const struct transfer *t)
{
  if (t->context->shows_progress)
    progress_hide(&t->context->progress);
}

/* A new try or redirect begins. */
static void forget_try(struct transfer *t)
{
  t->has_sent = false;
  transfer_record_restart(&t->record);
}

/* The end. */

static void close_exchange(struct transfer *t)
{
  struct fetch_exchange *x = t->exchange;
  if (!x)
    return;
  t->exchange = NULL;
  transfer_record_exchange(&t->record, x);
  fetch_exchange_close(x);
}

/* Closes everything but the file. */
static void stop_all(struct transfer *t)
{
  connector_cancel(&t->connector);
  close_exchange(t);
  if (t->saver.state != BODY_SAVER_CLOSED)
    t->record.report.written_bytes = t->saver.sink.written;
  body_saver_close(&t->saver);
  partial_sum_release(&t->partial_sum);
  timer_stop(&t->stall);
}

static void finish(struct transfer *t)
{
  t->over = true;
  t->record.report.total_ns = transfer_record_since(&t->record, uv_hrtime());
  timer_release(&t->stall);
  timer_release(&t->deadline);
  timer_release(&t->pause);
  output_release(&t->output);
  progress_end(&t->line, t->failure.code == EXIT_DONE);
  if (t->failure.code > 0 && t->failure.error.text[0]) {
    make_room_for_log(t);
    transfer_log_error(t->origin, &t->failure.error);
  }
  t->context->over(t->context, t);
}

static void succeed(struct transfer *t)
{
  struct error e;
  stop_all(t);
  if (transfer_output_publish(t, &e)) {
    transfer_output_give_up(t, true);
    failure_of(&t->failure, EXIT_CANNOT_WRITE, FAILURE_FINAL, &e);
  }
  finish(t);
}

void transfer_cancel(struct transfer *t, int code)
{
  if (t->over)
    return;
  t->failure.code = code;
  stop_all(t);
  transfer_output_give_up(t, true);
  finish(t);
}

/* Another try. */

static bool may_retry(const struct transfer *t, const struct failure *f)
{
  uint64_t written = t->saver.state != BODY_SAVER_CLOSED ? t->saver.sink.written : 0;
  if (f->again == FAILURE_FINAL || t->record.report.retries >= options_of(t)->retries)
    return false;
  if (written > 0 && t->output.kind != OUTPUT_FILE) /* a pipe cannot be rewound */
    return false;
  return f->again == FAILURE_INVITED || !t->has_sent || retry_is_idempotent(t->method);
}

static void paused(struct timer *timer)
{
  begin(container_of(timer, struct transfer, pause));
}

/* libuv may run a short timer within the pass that closed the last try. The next one begins in a
 * later pass, when everything closed has been freed. */
static void pause_over(struct timer *timer)
{
  struct transfer *t = container_of(timer, struct transfer, pause);
  t->pause.fire = paused;
  if (timer_start(&t->pause, t->context->reactor, 1))
    transfer_cancel(t, run_no_memory());
}

/* Schedules a retry. False if the server asks for too long a delay, or without memory. */
static bool retry(struct transfer *t, const struct failure *f)
{
  t->pause.fire = pause_over;
  uint64_t delay =
      retry_delay_ms(options_of(t)->retry_delay_ms, t->record.report.retries, f->wait_ms);
  if (delay > RETRY_LONGEST_ASKED_MS || timer_start(&t->pause, t->context->reactor, delay))
    return false;
  make_room_for_log(t);
  transfer_log_retry(&t->url, delay, &f->error);
  t->record.report.retries++;
  stop_all(t);
  transfer_output_give_up(t, f->keeps);
  return true;
}

/* Whether the request body is needed once more, and cannot be had. */
static bool is_spent(const struct transfer *t)
{
  return t->sends_body && request_body_is_spent(&t->context->plan->body);
}

static void fail(struct transfer *t, const struct failure *f)
{
  bool again = !t->over && may_retry(t, f), spent = again && is_spent(t);
  if (t->over || (again && !spent && retry(t, f)))
    return;
  t->failure = *f;
  if (spent)
    failure_add(&t->failure, "not retried: what came from the pipe can be sent only once");
  stop_all(t);
  transfer_output_give_up(t, f->keeps);
  finish(t);
}

static void fail_with(struct transfer *t, int code, enum failure_again again, const struct error *e)
{
  struct failure f;
  failure_of(&f, code, again, e);
  fail(t, &f);
}

/* The error came from the proxy, or on the way through it. */
static void blame(const struct transfer *t, struct error *e)
{
  if (t->proxy.memory)
    proxy_blame(e, &t->proxy);
}

/* Waiting. */

static void deadline_over(struct timer *timer)
{
  struct transfer *t = container_of(timer, struct transfer, deadline);
  struct failure f;
  failure_say(&f, EXIT_TIMED_OUT, FAILURE_FINAL, "timed out: not complete after %g s",
              (double)options_of(t)->timeout_ms / 1000);
  f.keeps = true;
  fail(t, &f);
}

static void stall_over(struct timer *timer)
{
  struct transfer *t = container_of(timer, struct transfer, stall);
  uint64_t most = options_of(t)->stall_timeout_ms;
  uint64_t now = reactor_now_ms(t->context->reactor), active = t->moved_ms;
  if (t->exchange && t->exchange->client.chat.d.active_ms > active)
    active = t->exchange->client.chat.d.active_ms;
  if (!t->exchange || !body_saver_has_room(&t->saver)) /* our own reader stalls, not the peer */
    active = now;
  if (t->sends_body && request_body_is_waiting(&t->context->plan->body)) /* nor our input */
    active = now;
  if (now - active < most) {
    timer_start(&t->stall, t->context->reactor, most - (now - active));
    return;
  }
  struct failure f;
  failure_say(&f, EXIT_TIMED_OUT, FAILURE_TRANSIENT, "timed out: no data for %g s",
              (double)most / 1000);
  blame(t, &f.error);
  fail(t, &f);
}

/* The body. */

static struct transfer *transfer_of(struct body_saver *s)
{
  return container_of(s, struct transfer, saver);
}

static void saver_takes_more(struct body_saver *s)
{
  struct transfer *t = transfer_of(s);
  t->moved_ms = reactor_now_ms(t->context->reactor);
  if (t->exchange)
    fetch_exchange_resume(t->exchange);
}

static void saved(struct body_saver *s)
{
  struct transfer *t = transfer_of(s);
  if (t->is_error)
    failure_say(&t->failure, EXIT_HTTP_STATUS, FAILURE_FINAL, "HTTP %u", t->record.report.status);
  succeed(t);
}

static void not_saved(struct body_saver *s, const struct failure *f)
{
  fail(transfer_of(s), f);
}

/* Whether it opened; if not, the transfer has failed. */
static bool open_saver(struct transfer *t, const struct body_saver_form *form)
{
  static const struct body_saver_ops ops = {
      .room = saver_takes_more, .complete = saved, .failed = not_saved};
  struct error e;
  struct failure f;
  struct digest *begun = form->resumes ? t->partial_sum.digest : NULL;
  if (begun)
    t->partial_sum.digest = NULL;
  int code = body_saver_open(&t->saver, t->context->reactor, &t->output, form,
                             &t->context->plan->checksum, begun, &ops, &e);
  if (code == EXIT_DONE)
    return true;
  failure_of(&f, code, FAILURE_FINAL, &e);
  f.keeps = true;
  fail(t, &f);
  return false;
}

/* What follows a response. */

static void note_head(struct transfer *t, const struct http_response *r)
{
  struct span validator = verdict_validator(r, (int64_t)time(NULL));
  free(t->validator);
  t->validator = validator.data ? strndup(validator.data, validator.length) : NULL;
  transfer_record_response(&t->record, r, &t->exchange->client.reader.head, t->context->reports);
}

static void follow(struct transfer *t, struct http_url *to)
{
  uint64_t most = options_of(t)->max_redirects;
  struct failure f;
  if (t->record.report.redirects >= most) {
    http_url_release(to);
    failure_say(&f, EXIT_REDIRECTS, FAILURE_FINAL, "more than %" PRIu64 " redirects", most);
    fail(t, &f);
    return;
  }
  const char *method = redirect_method(t->record.report.status, t->method);
  close_exchange(t);
  timer_stop(&t->stall);
  http_url_release(&t->url);
  t->url = *to;
  t->sends_body = t->sends_body && t->record.report.status != 303 && strcmp(method, t->method) == 0;
  t->method = method;
  if (is_spent(t)) {
    failure_say(&f, EXIT_FAILED, FAILURE_FINAL,
                "the redirect needs the request body again: what came from a pipe is gone");
    fail(t, &f);
    return;
  }
  t->record.report.redirects++;
  forget_try(t);
  dial(t);
}

static void start_over(struct transfer *t, const char *why)
{
  if (why)
    transfer_output_say_anew(t, why);
  stop_all(t);
  t->starts_over = true;
  begin(t);
}

/* Saves the body. False if the transfer has failed or ended. */
static bool save(struct transfer *t, const struct judgement *j)
{
  const struct fetch_options *o = options_of(t);
  const struct buffer *head = &t->exchange->client.reader.head;
  t->is_error = j->is_error;
  if (j->no_coding.data)
    trace_no_coding(j->no_coding);
  t->exchange->expected = j->expected;
  t->exchange->is_exact = j->is_exact;
  if (!t->exchange->as_it_comes) {
    if (!open_saver(t, &j->form))
      return false;
    if ((o->include || o->head) && !o->body_only)
      body_saver_show(&t->saver, buffer_data(head), head->length);
  }
  if (!t->over)
    transfer_progress_begin(t);
  return !t->over;
}

/* Whether the request body has failed, and with it the transfer. */
static bool body_failed(struct transfer *t)
{
  const struct error *e = t->sends_body ? request_body_error(&t->context->plan->body) : NULL;
  if (e)
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, e);
  return e != NULL;
}

/* What the response is judged by. */
static struct verdict_question question_of(struct transfer *t)
{
  const struct fetch_options *o = options_of(t);
  bool raw = t->context->plan->raw;
  return (struct verdict_question){
      .url = &t->url,
      .method = t->method,
      .any_status = raw,
      .error_body = o->error_body,
      .tries_again = t->record.report.retries < o->retries,
      .follows = raw ? o->location : o->max_redirects > 0,
      .decodes = t->decodes,
      .own_coding = request_head_has_own(o, "accept-encoding"),
      .own_range = request_head_has_own(o, "range"),
      .range = o->range,
      .have = transfer_output_resumes(t) ? t->output.part.have : 0,
      .validator = t->output.part.validator,
      .size = t->size,
      .seems_whole = t->seems_whole,
      .at_most = t->at_most,
      .doubts = t->doubts,
      .only_newer = o->newer,
      .modified = t->output.exists ? t->output.older.st_mtime : 0,
      .name = transfer_output_name(t),
      .keeps_file = t->output.kind == OUTPUT_FILE && !o->include && !o->head,
  };
}

static bool respond(struct fetch_exchange *x, const struct http_response *r)
{
  struct transfer *t = x->owner;
  const struct verdict_question asked = question_of(t);
  bool chunked = t->sends_body && t->context->plan->body.chunked;
  struct judgement j;
  note_head(t, r);
  if (body_failed(t))
    return false;
  if (t->sends_body && r->status >= 300) /* nobody wants the rest (RFC 9112 9.5) */
    request_body_stop(&t->context->plan->body);
  enum verdict verdict = verdict_of(&asked, r, (int64_t)time(NULL), &j);
  if (verdict == VERDICT_FAIL && r->status == 407)
    blame(t, &j.failure.error);
  if (chunked)
    verdict_of_chunks(r, &j);
  if (chunked && r->minor == 0 && r->status < 300)
    trace_no_chunks();
  switch (verdict) {
  case VERDICT_SAVE:
    transfer_output_describe(t, r, &j);
    return save(t, &j);
  case VERDICT_COMPLETE:
    close_exchange(t);
    if (open_saver(t, &j.form))
      body_saver_end(&t->saver);
    return false;
  case VERDICT_NOTHING:
    if (j.why)
      transfer_output_say_done(t, j.why);
    succeed(t);
    return false;
  case VERDICT_FOLLOW:
    follow(t, &j.to);
    return false;
  case VERDICT_START_OVER:
    t->at_most = j.is_at_most ? t->seems_whole : 0;
    start_over(t, j.why);
    return false;
  case VERDICT_FAIL:
    fail(t, &j.failure);
    return false;
  }
  return false;
}

static void came(struct fetch_exchange *x)
{
  transfer_progress_show(x->owner);
}

static void all_came(struct fetch_exchange *x)
{
  struct transfer *t = x->owner;
  if (body_failed(t))
    return;
  close_exchange(t);
  body_saver_end(&t->saver);
}

static void not_all_came(struct fetch_exchange *x, const struct failure *f)
{
  struct transfer *t = x->owner;
  struct failure copy = *f;
  blame(t, &copy.error);
  if (!body_failed(t))
    fail(t, &copy);
}

/* The request. */

/* Makes the request head and the producers of the body. 0 or UV_ENOMEM. */
static int make_request(struct transfer *t, struct buffer *head, struct list *body)
{
  const struct fetch_plan *plan = t->context->plan;
  const struct request_head request = {
      .options = plan->options,
      .raw = plan->raw,
      .url = &t->url,
      .origin = t->origin,
      .proxy = t->proxy.memory ? &t->proxy : NULL,
      .method = t->method,
      .body = t->sends_body ? &plan->body : NULL,
      .accept = plan->body.accept,
      .decodes = t->decodes,
      .resume_from = transfer_output_from(t),
      .if_range = t->output.part.validator,
      .modified = transfer_output_modified(t),
  };
  int err = request_head_print(head, &request);
  return !err && t->sends_body ? request_body_produce(&plan->body, body) : err;
}

static void ask(struct transfer *t, struct dispatcher *winner)
{
  static const struct fetch_exchange_ops ops = {
      .head = respond, .moved = came, .whole = all_came, .failed = not_all_came};
  static const struct body_saver_form as_it_comes = {.resumes = false};
  bool shows_all = t->context->plan->raw && !options_of(t)->body_only;
  struct buffer head = {0};
  struct list body;
  struct error e;
  if (shows_all && t->saver.state == BODY_SAVER_CLOSED && !open_saver(t, &as_it_comes))
    return;
  list_init(&body);
  int err = make_request(t, &head, &body);
  if (!err) {
    struct span text = {(const char *)buffer_data(&head), head.length};
    t->has_sent = true;
    err = fetch_exchange_start(&t->exchange, winner, text, &body, strcmp(t->method, "HEAD") == 0,
                               &t->saver, shows_all, options_of(t)->show_secrets, &ops, t);
  }
  while (!list_empty(&body))
    producer_release(container_of(body.next, struct producer, link));
  buffer_release(&head);
  if (err) {
    error_set(&e, err, "request");
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, &e);
  }
}

/* The connection. */

static void connected(struct connector *connector, struct dispatcher *winner)
{
  struct transfer *t = container_of(connector, struct transfer, connector);
  uint64_t stall = options_of(t)->stall_timeout_ms;
  t->record.report.resolved_ns = transfer_record_since(&t->record, connector->resolved_ns);
  t->record.report.connected_ns = transfer_record_since(&t->record, uv_hrtime());
  t->moved_ms = reactor_now_ms(t->context->reactor);
  if (t->context->reports || log_enabled(LOG_DEBUG))
    transfer_record_peer(&t->record, winner->fd);
  if (stall)
    timer_start(&t->stall, t->context->reactor, stall);
  ask(t, winner);
}

static void not_connected(struct connector *connector, const struct error *e)
{
  struct transfer *t = container_of(connector, struct transfer, connector);
  struct error copy = *e; /* the connector frees its own */
  blame(t, &copy);
  fail_with(t, run_exit_code(copy.code), FAILURE_TRANSIENT, &copy);
}

static void dial(struct transfer *t)
{
  static const struct connector_ops ops = {.connected = connected, .failed = not_connected};
  struct address a;
  struct error e;
  if (host_to_ask(&a, &t->url, &t->proxy, &t->context->plan->socket, &e))
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, &e);
  else
    connector_start(&t->connector, t->context->reactor, &ops, &a,
                    options_of(t)->connect_timeout_ms);
}

/* The checksum of what there is already is known. */
static void summed(struct partial_sum *sum, int err)
{
  struct transfer *t = container_of(sum, struct transfer, partial_sum);
  struct error e;
  if (err) {
    error_set(&e, err, "read %s%s", t->output.shown, t->seems_whole ? "" : ".part");
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, &e);
  } else if (t->seems_whole && transfer_output_is_right(t)) {
    transfer_output_say_done(t, "its checksum is right");
    succeed(t);
  } else if (t->seems_whole) {
    start_over(t, "its checksum is not the one asked for");
  } else {
    dial(t);
  }
}

static void begin(struct transfer *t)
{
  const struct checksum *checksum = &t->context->plan->checksum;
  struct error e;
  forget_try(t);
  transfer_progress_wait(t);
  if (transfer_output_look(t, &e)) {
    fail_with(t, EXIT_CANNOT_WRITE, FAILURE_FINAL, &e);
    return;
  }
  int fd = t->seems_whole ? output_open_older(&t->output) : t->output.part.fd;
  if (fd < 0 || !checksum->algorithm.data)
    dial(t);
  else if (partial_sum_start(&t->partial_sum, t->context->reactor, fd, checksum->algorithm, summed,
                             &e))
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, &e);
}

void transfer_start(struct transfer *t)
{
  struct error e;
  uint64_t most = options_of(t)->timeout_ms;
  int err = most ? timer_start(&t->deadline, t->context->reactor, most) : 0;
  if (err) {
    fail_with(t, EXIT_FAILED, FAILURE_FINAL, (error_set(&e, err, "start"), &e));
  } else if (transfer_output_is_settled(t)) {
    transfer_output_say_done(t, "there is such a file");
    succeed(t);
  } else {
    begin(t);
  }
}

int transfer_init(struct transfer *t, struct transfer_context *c, size_t i)
{
  const struct fetch_plan *plan = c->plan;
  const struct fetch_options *o = plan->options;
  struct error e;
  *t = (struct transfer){.context = c, .origin = &plan->urls[i], .text = plan->texts[i]};
  transfer_record_init(&t->record);
  t->method = plan_method(plan);
  t->sends_body = plan->body.present;
  t->stall.fire = stall_over;
  t->deadline.fire = deadline_over;
  t->pause.fire = pause_over;
  if (transfer_output_init(t, i, &e)) {
    failure_of(&t->failure, EXIT_CANNOT_WRITE, FAILURE_FINAL, &e);
  } else if (http_url_copy(&t->url, t->origin)) {
    error_set(&e, UV_ENOMEM, "start");
    failure_of(&t->failure, EXIT_FAILED, FAILURE_FINAL, &e);
  }
  t->decodes = !plan->raw && !o->range && !t->output.keeps && !name_is_coded(t->name) &&
               !request_head_has_own(o, "accept-encoding") && !request_head_has_own(o, "range");
  return t->failure.code;
}

void transfer_release(struct transfer *t)
{
  transfer_output_release(t);
  http_url_release(&t->url);
  http_url_release(&t->proxy);
  transfer_record_release(&t->record);
}
