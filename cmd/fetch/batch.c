#include "cmd/fetch/batch.h"

#include "cmd/fetch/report.h"
#include "cmd/fetch/transfer.h"
#include "core/base/log.h"
#include "core/os/fd_limit.h"
#include "core/os/file_write.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct batch {
  struct transfer_context context;
  struct reactor reactor;
  struct termination termination;
  struct transfer **transfers;
  size_t begun, active, most; /* counts; up to `most` are active at once */
  bool beginning;             /* begin_some runs */
  int end; /* what ended the whole run: an exit code or minus a signal; else EXIT_DONE */
};

static struct batch *batch_of(struct transfer_context *c)
{
  return container_of(c, struct batch, context);
}

/* The report. */

static int print_text(const char *format, const struct report *r)
{
  struct buffer text = {0};
  int code = EXIT_FAILED;
  int err = report_print(&text, format, r);
  if (err)
    log_error("%s", error_words(err));
  else
    code = run_print(buffer_data(&text), text.length);
  buffer_release(&text);
  return code;
}

static void print_json(const struct report *r)
{
  struct buffer json = {0};
  if (report_print_json(&json, r)) {
    buffer_release(&json);
    return;
  }
  json.length--; /* its newline, which the log adds */
  log_line(&json);
}

static int print_report(const struct fetch_plan *plan, const struct report *r)
{
  if (plan->options->stats == FETCH_STATS_JSON)
    print_json(r);
  return plan->format ? print_text(plan->format, r) : EXIT_DONE;
}

static const char *or_null(const char *text)
{
  return text && text[0] ? text : NULL;
}

/* Prints the report of a transfer. EXIT_DONE; another exit code, with the reason logged; or minus a
 * signal. */
static int report(struct transfer *t)
{
  struct report r = t->record.report;
  struct http_response response = {.fields.more = NULL};
  struct buffer given = {0}, url = {0}, type = {0};
  if (t->origin->has_user) /* the URL as given may show a password */
    http_url_print(&given, t->origin);
  http_url_print(&url, &t->url);
  char *given_url = t->origin->has_user ? buffer_take_text(&given) : NULL;
  char *effective_url = buffer_take_text(&url), *content_type = NULL;
  r.url = t->origin->has_user ? given_url : t->text;
  r.effective_url = or_null(effective_url);
  r.method = t->method;
  r.file = t->output.shown && t->output.kind != OUTPUT_STDOUT ? t->output.shown : NULL;
  r.error = or_null(t->failure.error.text);
  r.remote_address = or_null(t->record.remote);
  r.local_address = or_null(t->record.local);
  r.exit_code = t->failure.code > 0 ? (unsigned)t->failure.code : 0;
  if (t->record.head.length > 0 &&
      http_parse_response(&response, (const char *)buffer_data(&t->record.head),
                          t->record.head.length, true)) {
    struct span value = http_field(&response.fields, HTTP_CONTENT_TYPE);
    buffer_append(&type, value.data, value.length);
    content_type = buffer_take_text(&type);
    r.fields = &response.fields;
    r.content_type = or_null(content_type);
  }
  int code = print_report(t->context->plan, &r);
  http_fields_release(&response.fields);
  free(given_url);
  free(effective_url);
  free(content_type);
  return code;
}

/* The transfers. */

static void end_all(struct batch *b, int code)
{
  if (b->end)
    return;
  b->end = code;
  for (size_t i = 0; i < b->begun; i++)
    transfer_cancel(b->transfers[i], code);
  reactor_stop(&b->reactor);
}

/* A transfer that cannot even begin is over at once. */
static void begin_one(struct batch *b)
{
  struct transfer *t = calloc(1, sizeof *t);
  if (!t) {
    log_error("%s", error_words(UV_ENOMEM));
    end_all(b, EXIT_FAILED);
    return;
  }
  size_t i = b->begun++;
  b->transfers[i] = t;
  b->active++;
  int code = transfer_init(t, &b->context, i);
  if (code == EXIT_DONE)
    transfer_start(t);
  else
    transfer_cancel(t, code);
}

static void begin_some(struct batch *b)
{
  if (b->beginning)
    return;
  b->beginning = true;
  while (!b->end && b->begun < b->context.plan->count && b->active < b->most)
    begin_one(b);
  b->beginning = false;
  progress_queue(&b->context.progress, b->context.plan->count - b->begun);
  if (b->active == 0)
    reactor_stop(&b->reactor);
}

static void over(struct transfer_context *c, struct transfer *t)
{
  struct batch *b = batch_of(c);
  b->active--;
  if (t->failure.code < 0) {
    end_all(b, t->failure.code);
    return;
  }
  if (c->reports) {
    int code = report(t);
    if (code < 0)
      end_all(b, code);
    else if (code != EXIT_DONE && t->failure.code == EXIT_DONE)
      t->failure.code = code;
  }
  begin_some(b);
}

static void told(struct termination *t, int number)
{
  end_all(container_of(t, struct batch, termination), -number);
}

static int result_of(const struct batch *b)
{
  if (b->end)
    return b->end;
  for (size_t i = 0; i < b->begun; i++) {
    if (b->transfers[i]->failure.code != EXIT_DONE)
      return b->transfers[i]->failure.code;
  }
  return EXIT_DONE;
}

/* Whether a signal needs to be caught: there is a file to clean up, or a shared socket whose flags
 * are to be restored (a pipe or a terminal is opened anew). Not catching it is cheaper. */
static bool leaves_something(const struct batch *b)
{
  struct stat st;
  return b->context.plan->paths[0] || (fstat(STDOUT_FILENO, &st) == 0 && S_ISSOCK(st.st_mode));
}

/* How many may run at once: each needs descriptors for a socket, a folder, a file, a partial file
 * and a pipe. */
static size_t most_at_once(uint64_t wanted)
{
  enum { OWN = 24, EACH = 6 };
  if (wanted == 1)
    return 1;
  uint64_t descriptors = fd_limit_raise();
  uint64_t possible = descriptors > OWN + EACH ? (descriptors - OWN) / EACH : 1;
  return (size_t)(wanted < possible ? wanted : possible);
}

static void run_all(struct batch *b)
{
  reactor_hold(&b->reactor);
  begin_some(b);
  if (b->active > 0)
    reactor_run(&b->reactor, REACTOR_FOREVER, 0);
  reactor_unhold(&b->reactor);
}

int batch_run(struct fetch_plan *plan)
{
  const struct fetch_options *o = plan->options;
  struct batch b = {.context = {.plan = plan, .over = over}, .termination.told = told};
  b.context.reports = o->write_out || o->stats != FETCH_STATS_NONE;
  b.context.reactor = &b.reactor;
  b.most = most_at_once(o->parallel);
  b.transfers = calloc(plan->count, sizeof(struct transfer *));
  if (!b.transfers)
    return run_no_memory();
  if (run_start(&b.reactor) != EXIT_DONE) {
    free(b.transfers);
    return EXIT_FAILED;
  }
  b.context.shows_progress = !o->run.quiet && plan->paths[0] && progress_is_wanted();
  progress_init(&b.context.progress, &b.reactor);
  int code = leaves_something(&b) ? run_watch_signals(&b.termination, &b.reactor) : EXIT_DONE;
  if (code == EXIT_DONE) {
    run_all(&b);
    code = result_of(&b);
  }
  progress_release(&b.context.progress);
  termination_release(&b.termination);
  code = run_leave(&b.reactor, code);
  for (size_t i = 0; i < b.begun; i++) {
    transfer_release(b.transfers[i]);
    free(b.transfers[i]);
  }
  free(b.transfers);
  return code;
}
