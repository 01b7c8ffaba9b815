#include "cmd/fetch/exchange.h"

#include "cmd/fetch/body.h"
#include "cmd/fetch/redirect.h"
#include "cmd/fetch/request.h"
#include "cmd/fetch/retry.h"
#include "cmd/fetch/trace.h"
#include "core/http/date.h"
#include "core/http/parameter.h"
#include "core/http/range.h"
#include "core/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static struct transfer *transfer_of(struct http_client *c)
{
  return container_of(c, struct exchange, client)->t;
}

static void fail(struct transfer *t, int code, enum transfer_hope hope, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void fail(struct transfer *t, int code, enum transfer_hope hope, const char *format, ...)
{
  struct error e;
  char text[sizeof e.text / 2];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  error_say(&e, UV_EPROTO, "%s", text);
  transfer_fail(t, code, hope, (struct span){NULL, 0}, &e);
}

/* The answer on its way out. */

static void answer_room(struct answer *a)
{
  struct transfer *t = container_of(a, struct transfer, answer);
  t->moved_ms = reactor_now_ms(t->fetch->reactor);
  if (t->exchange)
    http_client_changed(&t->exchange->client);
}

static void answer_complete(struct answer *a)
{
  struct transfer *t = container_of(a, struct transfer, answer);
  const struct fetch_options *o = t->fetch->options;
  struct error e;
  int err = 0;
  bool was_whole = t->status == 416 && t->asks_rest; /* see check_rest */
  if (t->status >= 400 && !t->fetch->raw && !was_whole) {
    error_say(&e, UV_EPROTO, "HTTP %u", t->status);
    t->error = e;
    transfer_succeed(t, EXIT_HTTP_STATUS);
    return;
  }
  if (o->checksum)
    err = answer_check(a, o->checksum, &e);
  if (err) {
    output_remove(&t->output);
    transfer_fail(t, EXIT_FAILED, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  } else {
    transfer_succeed(t, EXIT_DONE);
  }
}

static void answer_failed(struct answer *a, int code, const struct error *e)
{
  struct transfer *t = container_of(a, struct transfer, answer);
  enum transfer_hope hope = code == EXIT_CUT_SHORT ? TRANSFER_TRANSIENT : TRANSFER_HOPELESS;
  transfer_fail(t, code, hope, (struct span){NULL, 0}, e);
}

/* Whether it is open. */
static bool open_answer(struct transfer *t, const struct answer_form *form)
{
  static const struct answer_ops ops = {
      .room = answer_room, .complete = answer_complete, .failed = answer_failed};
  struct error e;
  if (answer_open(&t->answer, t->fetch->reactor, &t->output, form, &ops, &e) == 0)
    return true;
  transfer_fail(t, EXIT_CANNOT_WRITE, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  return false;
}

/* What an answer's head means. */

/* What says that a part and the rest of it are of the same: a strong validator (RFC 9110 8.8.1,
 * 13.1.5), to be freed; NULL when there is none. */
static char *strong_validator(const struct http_fields *f)
{
  struct span tag = http_field(f, HTTP_ETAG), modified = http_field(f, HTTP_LAST_MODIFIED);
  struct span date = http_field(f, HTTP_DATE);
  int64_t then, now = (int64_t)time(NULL);
  if (tag.data && tag.length >= 2 && tag.data[0] == '"')
    return strndup(tag.data, tag.length);
  if (modified.data && date.data && http_date_parse(date, now, &now) &&
      http_date_parse(modified, now, &then) && then < now) /* RFC 9110 8.8.2.2 */
    return strndup(modified.data, modified.length);
  return NULL;
}

static void note_head(struct transfer *t, struct http_client *c)
{
  const struct http_response *r = &c->reader.response;
  struct span head = {(const char *)buffer_data(&c->reader.head), c->reader.head.length};
  trace_head("response", '<', head);
  t->status = r->status;
  t->minor = r->minor;
  t->head_bytes += head.length;
  free(t->validator);
  t->validator = strong_validator(&r->fields);
  buffer_release(&t->head);
  if (t->fetch->reports)
    buffer_append(&t->head, head.data, head.length);
}

/* Whether the answer sends us elsewhere, and we go or have failed to. */
static bool follow(struct transfer *t, const struct http_response *r)
{
  const struct fetch_options *o = t->fetch->options;
  struct http_url to;
  struct error e;
  bool follows = t->fetch->raw ? o->location : o->max_redirects > 0;
  if (!follows || !redirect_is_one(r))
    return false;
  if (redirect_read(r, &t->url, &to, &e)) {
    transfer_fail(t, EXIT_FAILED, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  } else if (t->redirects == o->max_redirects) {
    http_url_release(&to);
    fail(t, EXIT_REDIRECTS, TRANSFER_HOPELESS, "redirected more than %" PRIu64 " times",
         o->max_redirects);
  } else {
    transfer_redirect(t, &to, r->status);
  }
  return true;
}

/* Whether it is a failure, and has been told. */
static bool is_failure(struct transfer *t, const struct http_response *r)
{
  struct error e;
  if (r->status < 400 || t->fetch->raw)
    return false;
  bool transient = retry_is_transient(r->status);
  bool comes_again = transient && t->retries < t->fetch->options->retries;
  if (t->fetch->options->error_body && !comes_again)
    return false;
  error_say(&e, UV_EPROTO, "HTTP %u %.*s", r->status, (int)r->words.length, r->words.data);
  enum transfer_hope hope = TRANSFER_HOPELESS;
  if (transient)
    hope = r->status == 429 || r->status == 503 ? TRANSFER_ASKED : TRANSFER_TRANSIENT;
  transfer_fail(t, EXIT_HTTP_STATUS, hope, http_field(&r->fields, HTTP_RETRY_AFTER), &e);
  return true;
}

/* What a request for the rest of a part was answered with: whether that goes behind it, which
 * `form` then says. False when it has been dealt with. */
static bool check_rest(struct transfer *t, const struct http_response *r, struct answer_form *form)
{
  struct http_content_range range;
  uint64_t have = t->output.have;
  bool has_range = http_content_range(http_field(&r->fields, HTTP_CONTENT_RANGE), &range);
  if (r->status == 416) {
    if (has_range && range.has_size && range.size == have)
      return form->resumes = true; /* all of it was there */
    transfer_start_over(t);
    return false;
  }
  if (r->status != 206) /* another file now, or a server without ranges: all of it comes */
    return true;
  if (!has_range || !range.satisfied || range.first != have || !range.has_size ||
      range.last + 1 != range.size || http_has_field(&r->fields, HTTP_CONTENT_ENCODING)) {
    fail(t, EXIT_RECEIVING, TRANSFER_HOPELESS,
         "the server did not send the bytes from %" PRIu64 " on, as it was asked", have);
    return false;
  }
  return form->resumes = true;
}

/* Whether --range was heeded, as a server need not (RFC 9110 14.2). */
static bool check_range(struct transfer *t, const struct http_response *r)
{
  const struct fetch_options *o = t->fetch->options;
  if (!o->range || t->fetch->raw || r->status != 200 || strcmp(t->method, "GET") != 0)
    return true;
  fail(t, EXIT_FAILED, TRANSFER_HOPELESS, "the server does not heed --range: it sends all of it");
  return false;
}

/* Some servers name the coding of a file that is a gzip file itself, as if it were the way it is
 * sent: such a file is to stay what it is. */
static bool is_gzip_file(const struct http_fields *f)
{
  struct span type = http_field(f, HTTP_CONTENT_TYPE);
  return type.data &&
         (http_value_is(type, "application/gzip") || http_value_is(type, "application/x-gzip") ||
          http_value_is(type, "application/x-tgz"));
}

/* Which coding is to be taken off. False when there is one that nobody asked for. */
static bool read_coding(struct transfer *t, const struct http_response *r, struct answer_form *form)
{
  struct span rest = http_field(&r->fields, HTTP_CONTENT_ENCODING), coding;
  if (!t->exchange->decodes || r->framing == HTTP_NO_BODY || !rest.data)
    return true;
  struct span whole = rest;
  while (http_list_next(&rest, &coding)) {
    if (span_is_nocase(coding, "identity"))
      continue;
    bool gzip = span_is_nocase(coding, "gzip") || span_is_nocase(coding, "x-gzip");
    if (form->is_coded || (!gzip && !span_is_nocase(coding, "deflate"))) {
      fail(t, EXIT_RECEIVING, TRANSFER_HOPELESS,
           "it comes with a content coding that was not asked for: %.*s", (int)whole.length,
           whole.data);
      return false;
    }
    form->is_coded = !gzip || !is_gzip_file(&r->fields);
    form->coding = gzip ? HTTP_GZIP : HTTP_DEFLATE;
  }
  return true;
}

static void show_progress(struct transfer *t)
{
  const struct http_reader *reader = &t->exchange->client.reader;
  uint64_t from = t->output.resumed ? t->output.have : 0;
  bool known = reader->response.framing == HTTP_LENGTH;
  progress_set(&t->line, from + reader->body, known ? from + reader->response.length : UINT64_MAX);
}

static void begin_progress(struct transfer *t)
{
  if (!t->fetch->shows_progress || !output_is_file(&t->output))
    return;
  progress_begin(&t->fetch->progress, &t->line, t->output.name);
  if (t->output.resumed)
    t->line.from = t->output.have;
  show_progress(t);
}

/* The http_client_ops. */

static bool shows_all(const struct transfer *t)
{
  return t->fetch->raw && !t->fetch->options->body_only;
}

static void raw(struct http_client *c, const void *data, size_t n)
{
  static const struct answer_form as_it_comes = {.checksum = NULL};
  struct transfer *t = transfer_of(c);
  if (!shows_all(t))
    return;
  if (t->answer.is_open || open_answer(t, &as_it_comes))
    answer_show(&t->answer, data, n);
}

static void interim(struct http_client *c)
{
  struct span head = {(const char *)buffer_data(&c->reader.head), c->reader.head.length};
  trace_head("interim", '<', head);
  transfer_of(c)->head_bytes += head.length;
}

static void head(struct http_client *c)
{
  struct transfer *t = transfer_of(c);
  const struct fetch_options *o = t->fetch->options;
  const struct http_response *r = &c->reader.response;
  struct answer_form form = {.checksum = o->checksum};
  note_head(t, c);
  if (follow(t, r))
    return;
  if (shows_all(t)) {
    begin_progress(t);
    return;
  }
  if ((r->status != 416 || !t->asks_rest) && is_failure(t, r))
    return;
  if (t->asks_rest ? !check_rest(t, r, &form) : !check_range(t, r))
    return;
  if (!read_coding(t, r, &form) || !open_answer(t, &form))
    return;
  if ((o->include || o->head) && !o->body_only)
    answer_show(&t->answer, buffer_data(&c->reader.head), c->reader.head.length);
  if (r->status == 416) {
    exchange_close(t);
    answer_end(&t->answer);
  } else if (!t->over) {
    begin_progress(t);
  }
}

static void body(struct http_client *c, const void *data, size_t n)
{
  struct transfer *t = transfer_of(c);
  if (!shows_all(t))
    answer_body(&t->answer, data, n);
  if (!c->over)
    show_progress(t);
}

static bool readable(struct http_client *c)
{
  return answer_has_room(&transfer_of(c)->answer);
}

static ssize_t move_body(struct http_client *c, int fd, uint64_t most)
{
  struct transfer *t = transfer_of(c);
  ssize_t n = answer_move(&t->answer, fd, most);
  if (n > 0)
    show_progress(t);
  return n;
}

static void cut(struct transfer *t, const struct http_reader *reader)
{
  if (reader->response.framing == HTTP_LENGTH)
    fail(t, EXIT_CUT_SHORT, TRANSFER_TRANSIENT,
         "the body is cut short: %" PRIu64 " of %" PRIu64 " bytes came", reader->body,
         reader->response.length);
  else
    fail(t, EXIT_CUT_SHORT, TRANSFER_TRANSIENT,
         "the body is cut short: its last chunk did not come, after %" PRIu64 " bytes",
         reader->body);
}

static void lost(struct transfer *t, struct http_client *c)
{
  const char *words = error_words(c->chat.d.gone);
  if (c->reader.head.length == 0 && !list_empty(&c->chat.queue))
    fail(t, EXIT_RECEIVING, TRANSFER_TRANSIENT, "send the request: %s", words);
  else
    fail(t, EXIT_RECEIVING, TRANSFER_TRANSIENT, "receive: %s", words);
}

static void done(struct http_client *c, enum http_result result)
{
  struct transfer *t = transfer_of(c);
  switch (result) {
  case HTTP_RESULT_WHOLE:
    exchange_close(t);
    answer_end(&t->answer);
    break;
  case HTTP_RESULT_EMPTY:
    fail(t, EXIT_EMPTY_REPLY, TRANSFER_TRANSIENT, "the server ended without an answer");
    break;
  case HTTP_RESULT_CUT_IN_HEAD:
    fail(t, EXIT_RECEIVING, TRANSFER_TRANSIENT, "the answer ends inside its head");
    break;
  case HTTP_RESULT_CUT:
    cut(t, &c->reader);
    break;
  case HTTP_RESULT_MALFORMED:
    fail(t, EXIT_RECEIVING, TRANSFER_HOPELESS, "not an HTTP answer that can be trusted: %s",
         c->reader.reason);
    break;
  case HTTP_RESULT_LOST:
    lost(t, c);
    break;
  }
}

static void destroy(struct http_client *c)
{
  free(container_of(c, struct exchange, client));
}

/* The request. */

static void send_request(struct transfer *t, struct exchange *x)
{
  struct buffer head_text = {0};
  struct list pieces;
  const struct request request = {
      .url = &t->url,
      .origin = &t->origin,
      .proxy = t->has_proxy ? &t->proxy : NULL,
      .method = t->method,
      .sends_body = t->sends_body,
      .decodes = x->decodes,
      .resume_from = t->asks_rest ? t->output.have : 0,
      .if_range = t->output.validator,
  };
  list_init(&pieces);
  int err = request_print(&head_text, t->fetch, &request);
  if (!err && t->sends_body)
    err = fetch_body_produce(t->fetch->body, &pieces);
  if (err) {
    struct error e;
    error_set(&e, err, "request");
    while (!list_empty(&pieces))
      producer_release(container_of(pieces.next, struct producer, link));
    transfer_fail(t, EXIT_FAILED, TRANSFER_HOPELESS, (struct span){NULL, 0}, &e);
  } else {
    struct span text = {(const char *)buffer_data(&head_text), head_text.length};
    trace_head("request", '>', text);
    x->head_length = text.length;
    http_client_send(&x->client, text.data, text.length, &pieces);
  }
  buffer_release(&head_text);
}

void exchange_start(struct transfer *t, struct dispatcher *winner)
{
  static const struct http_client_ops ops = {
      .raw = raw,
      .interim = interim,
      .head = head,
      .body = body,
      .readable = readable,
      .move_body = move_body,
      .done = done,
      .destroy = destroy,
  };
  const struct fetch_options *o = t->fetch->options;
  struct exchange *x = calloc(1, sizeof *x);
  if (!x) {
    fail(t, EXIT_FAILED, TRANSFER_HOPELESS, "%s", error_words(UV_ENOMEM));
    return;
  }
  x->t = t;
  x->decodes = !t->fetch->raw && !o->range && !t->output.keeps &&
               !request_has_own(o, "accept-encoding") && !request_has_own(o, "range");
  http_client_init(&x->client, winner, strcmp(t->method, "HEAD") == 0, &ops);
  t->exchange = x;
  send_request(t, x);
}

void exchange_close(struct transfer *t)
{
  struct exchange *x = t->exchange;
  if (!x)
    return;
  t->exchange = NULL;
  if (x->client.chat.sent > x->head_length)
    t->sent_bytes += x->client.chat.sent - x->head_length;
  t->body_bytes = x->client.reader.body;
  t->times.sent = x->client.sent_ns;
  t->times.first_byte = x->client.first_byte_ns;
  http_client_close(&x->client);
}
