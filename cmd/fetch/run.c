#include "cmd/fetch/run.h"

#include "cmd/ending.h"
#include "cmd/fetch/report.h"
#include "cmd/fetch/transfer.h"
#include "core/log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fetch_run {
  struct fetch fetch;
  struct reactor reactor;
  struct ending ending;
  const char *const *urls;
  char **paths;
  const struct address *socket;
  struct transfer **transfers;
  size_t count, begun, active;
  bool beginning; /* the loop that begins them runs */
  int signal;     /* that ends it all; 0 for none */
};

static struct fetch_run *run_of(struct fetch *f)
{
  return container_of(f, struct fetch_run, fetch);
}

/* The report. */

static uint64_t since(const struct transfer *t, uint64_t when)
{
  return when ? when - t->times.begun : 0;
}

static void print_report(const struct transfer *t, const struct report *r)
{
  const struct fetch_options *o = t->fetch->options;
  struct buffer text = {0}, json = {0};
  if (o->write_out && report_print(&text, o->write_out, r) == 0)
    fwrite(buffer_data(&text), 1, text.length, stdout);
  if (o->stats == FETCH_STATS_JSON && report_print_json(&json, r) == 0)
    fwrite(buffer_data(&json), 1, json.length, stderr);
  buffer_release(&text);
  buffer_release(&json);
}

/* A text of its own, NULL for an empty one. */
static char *text_of(struct buffer *b)
{
  return b->length > 0 ? buffer_take_text(b) : NULL;
}

static void report(struct transfer *t)
{
  struct http_response response;
  struct buffer url = {0}, type = {0};
  http_url_print(&url, &t->url);
  struct report r = {
      .url = t->text,
      .effective_url = text_of(&url),
      .method = t->method,
      .file = t->path,
      .error = t->code ? t->error.text : NULL,
      .remote_address = t->remote[0] ? t->remote : NULL,
      .local_address = t->local[0] ? t->local : NULL,
      .status = t->status,
      .minor = t->minor,
      .redirects = t->redirects,
      .retries = t->retries,
      .exit_code = t->code > 0 ? (unsigned)t->code : 0,
      .head_bytes = t->head_bytes,
      .body_bytes = t->body_bytes,
      .written_bytes = t->written_bytes,
      .sent_bytes = t->sent_bytes,
      .resolved_ns = since(t, t->times.resolved),
      .connected_ns = since(t, t->times.connected),
      .sent_ns = since(t, t->times.sent),
      .first_byte_ns = since(t, t->times.first_byte),
      .total_ns = since(t, t->times.ended),
  };
  if (t->head.length > 0 &&
      http_parse_response(&response, (const char *)buffer_data(&t->head), t->head.length, true)) {
    struct span value = http_field(&response.fields, HTTP_CONTENT_TYPE);
    r.fields = &response.fields;
    if (value.data)
      buffer_append(&type, value.data, value.length);
    r.content_type = text_of(&type);
  }
  print_report(t, &r);
  free((char *)r.effective_url);
  free((char *)r.content_type);
}

/* The transfers. */

static void end_all(struct fetch_run *r, int number)
{
  if (r->signal)
    return;
  r->signal = number;
  for (size_t i = 0; i < r->begun; i++)
    transfer_cancel(r->transfers[i], -number);
  reactor_stop(&r->reactor);
}

/* One that cannot even begin is over at once. */
static void begin_one(struct fetch_run *r)
{
  size_t i = r->begun;
  struct transfer *t = calloc(1, sizeof *t);
  if (!t) {
    log_error("%s: %s", r->urls[i], error_words(UV_ENOMEM));
    end_all(r, SIGTERM);
    return;
  }
  r->transfers[i] = t;
  r->begun++;
  r->active++;
  int code = transfer_init(t, &r->fetch, r->urls[i], r->paths[i], r->socket);
  r->paths[i] = NULL;
  if (code == EXIT_DONE)
    transfer_start(t);
  else
    transfer_cancel(t, code);
}

static void begin_some(struct fetch_run *r)
{
  if (r->beginning)
    return;
  r->beginning = true;
  while (!r->signal && r->begun < r->count && r->active < r->fetch.options->parallel)
    begin_one(r);
  r->beginning = false;
  if (r->active == 0)
    reactor_stop(&r->reactor);
}

static void over(struct fetch *f, struct transfer *t)
{
  struct fetch_run *r = run_of(f);
  r->active--;
  if (t->code < 0) {
    end_all(r, -t->code);
    return;
  }
  if (f->reports) {
    report(t);
    int code = run_flush_stdout();
    if (code < 0)
      end_all(r, -code);
    else if (code != EXIT_DONE && t->code == EXIT_DONE)
      t->code = code;
  }
  begin_some(r);
}

static void told(struct ending *e, int number)
{
  end_all(container_of(e, struct fetch_run, ending), number);
}

static int result_of(const struct fetch_run *r)
{
  if (r->signal)
    return -r->signal;
  for (size_t i = 0; i < r->begun; i++) {
    if (r->transfers[i]->code != EXIT_DONE)
      return r->transfers[i]->code;
  }
  return EXIT_DONE;
}

static void release(struct fetch_run *r)
{
  for (size_t i = 0; i < r->begun; i++) {
    transfer_release(r->transfers[i]);
    free(r->transfers[i]);
  }
  free(r->transfers);
}

/* A signal ends the program by itself, and cheaper, where it leaves nothing behind: no file, and no
 * flags of a socket that somebody else has, too (a pipe or a terminal is opened anew). */
static bool leaves_something(const struct fetch_run *r)
{
  struct stat st;
  return r->paths[0] || (fstat(STDOUT_FILENO, &st) == 0 && S_ISSOCK(st.st_mode));
}

int fetch_run(const struct fetch_options *o, const struct fetch_body *body, bool raw,
              const char *const *urls, char **paths, size_t count, const struct address *socket)
{
  struct fetch_run r = {.urls = urls, .paths = paths, .count = count, .socket = socket};
  r.fetch = (struct fetch){.options = o, .body = body, .raw = raw, .over = over};
  r.fetch.reports = o->write_out || o->stats != FETCH_STATS_NONE;
  r.fetch.reactor = &r.reactor;
  r.ending.told = told;
  r.transfers = calloc(count, sizeof *r.transfers);
  if (!r.transfers || run_start(&r.reactor) != EXIT_DONE) {
    free(r.transfers);
    return EXIT_FAILED;
  }
  r.fetch.shows_progress = !o->run.quiet && paths[0] && progress_is_wanted();
  progress_init(&r.fetch.progress, &r.reactor);
  int code = leaves_something(&r) ? ending_watch(&r.ending, &r.reactor) : EXIT_DONE;
  reactor_hold(&r.reactor);
  if (code == EXIT_DONE) {
    begin_some(&r);
    if (r.active > 0)
      reactor_run(&r.reactor, REACTOR_FOREVER, 0);
    code = result_of(&r);
  }
  progress_release(&r.fetch.progress);
  ending_release(&r.ending);
  reactor_unhold(&r.reactor);
  code = run_leave(&r.reactor, code);
  release(&r);
  return code;
}
