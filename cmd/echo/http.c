/* `anet echo --http`: the response to any request says what the request was. */
#include "cmd/echo/echo.h"
#include "cmd/run/http_serving.h"
#include "core/base/log.h"
#include "core/base/writer.h"
#include "core/codec/html.h"
#include "core/codec/urlencoded.h"
#include "core/http/message/negotiate.h"
#include "core/http/message/parameter.h"
#include "core/http/respond.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
  LARGEST_BODY = 1024 * 1024,
  MOST_FIELDS = 10000, /* of a form; on the page each takes some ten times its size */
  HEAD_TIMEOUT_MS = 10000,
};

struct echo_http {
  struct http_serving http;
  const struct echo_options *options;
};

/* The response to one request, as it grows. */
struct reflection {
  struct access_entry *log;
  bool json; /* the response is JSON, not HTML */
  bool form; /* the request's body is the fields of a form */
  struct buffer page, body;
  struct writer writer; /* of the page; its error is that of the whole response */
};

static struct echo_http *echo_of(const struct http_exchange *c)
{
  return container_of(http_serving_of(c), struct echo_http, http);
}

static struct reflection *reflection_of(struct http_exchange *c)
{
  struct reflection *f = c->context;
  if (!f) {
    f = c->context = calloc(1, sizeof *f);
    if (f)
      writer_init(&f->writer, &f->page);
  }
  return f;
}

/* Writing. */

static void put(struct reflection *f, const char *text)
{
  writer_text(&f->writer, text);
}

static void put_escaped(struct reflection *f, struct span s)
{
  if (f->json)
    writer_json(&f->writer, s);
  else if (!f->writer.error)
    writer_note(&f->writer, html_escape(&f->page, s.data, s.length));
}

/* A name and a value, one of a list. */
static void put_pair(struct reflection *f, struct span name, struct span value, bool first)
{
  put(f, f->json ? (first ? "\n {\"name\":\"" : ",\n {\"name\":\"") : "<tr><th>");
  put_escaped(f, name);
  put(f, f->json ? "\",\"value\":\"" : "<td>");
  put_escaped(f, value);
  put(f, f->json ? "\"}" : "\n");
}

static void begin_list(struct reflection *f, const char *name, const char *title)
{
  put(f, f->json ? ",\n\"" : "<h2>");
  put(f, f->json ? name : title);
  put(f, f->json ? "\":[" : "</h2>\n<table>\n");
}

static void end_list(struct reflection *f)
{
  put(f, f->json ? "]" : "</table>\n");
}

static void put_text(struct reflection *f, const char *name, struct span value, bool first)
{
  put(f, first ? "{\"" : ",\n\"");
  put(f, name);
  put(f, "\":\"");
  put_escaped(f, value);
  put(f, "\"");
}

/* The fields of a form or a query, decoded. */
static void put_form(struct reflection *f, const char *name, const char *title, struct span encoded)
{
  struct span key, value;
  begin_list(f, name, title);
  for (size_t i = 0; !f->writer.error && urlencoded_next(&encoded, &key, &value); i++) {
    struct buffer k = {0}, v = {0};
    writer_note(&f->writer, i < MOST_FIELDS ? urlencoded_decode(&k, key) : UV_E2BIG);
    writer_note(&f->writer, urlencoded_decode(&v, value));
    put_pair(f, buffer_span(&k), buffer_span(&v), i == 0);
    buffer_release(&k);
    buffer_release(&v);
  }
  end_list(f);
}

static void put_headers(struct reflection *f, const struct http_fields *fields)
{
  begin_list(f, "headers", "Headers");
  for (size_t i = 0; i < fields->count; i++)
    put_pair(f, fields->all[i].name, fields->all[i].value, i == 0);
  end_list(f);
}

static void put_page_start(struct reflection *f, const struct http_request *r, const char *from)
{
  put(f, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width\">\n"
         "<style>:root{color-scheme:light dark}body{font:1em/1.5 system-ui,sans-serif;margin:2em "
         "auto;max-width:60em;padding:0 1em}th{text-align:left;padding-right:1em;"
         "vertical-align:top}td,h1,pre{overflow-wrap:anywhere}</style>\n<title>");
  put_escaped(f, r->method_name);
  put(f, " ");
  put_escaped(f, r->target);
  put(f, "</title>\n<h1>");
  put_escaped(f, r->method_name);
  put(f, " ");
  put_escaped(f, r->target);
  put(f, "</h1>\n<p>from ");
  put_escaped(f, span_of(from));
  put(f, r->minor ? ", HTTP/1.1\n" : ", HTTP/1.0\n");
}

static void put_request(struct http_exchange *c, struct reflection *f, const struct http_request *r)
{
  char from[ADDRESS_TEXT_SIZE];
  socklen_t peer_size;
  const struct sockaddr *peer = http_exchange_peer(c, &peer_size);
  address_format(from, peer, peer_size);
  if (f->json) {
    put_text(f, "method", r->method_name, true);
    put_text(f, "url", r->target, false);
    put_text(f, "version", span_of(r->minor ? "1.1" : "1.0"), false);
    put_text(f, "from", span_of(from), false);
  } else {
    put_page_start(f, r, from);
  }
  put_headers(f, &r->fields);
  if (r->query.data)
    put_form(f, "query", "Query", r->query);
}

/* A form to fill in, for a browser at `/`. */
static void put_empty_form(struct reflection *f)
{
  put(f, "<h2>Send something</h2>\n<form method=\"post\" action=\"/\">\n"
         "<p><label>Name <input name=\"name\"></label>\n"
         "<p><label>Mail <input name=\"mail\"></label>\n"
         "<p><button>Send</button>\n</form>\n");
}

static void put_body(struct reflection *f)
{
  struct span body = buffer_span(&f->body);
  if (body.length == 0)
    return;
  if (f->form)
    put_form(f, "form", "Form fields", body);
  if (f->json) {
    put_text(f, "body", body, false);
    return;
  }
  put(f, "<h2>Body</h2>\n<pre>");
  put_escaped(f, body);
  put(f, "</pre>\n");
}

/* The exchange. */

static void respond(struct http_exchange *c, struct reflection *f)
{
  put_body(f);
  put(f, f->json ? "}\n" : "</html>\n");
  if (f->writer.error == UV_E2BIG) {
    http_respond_error(c, 413, "The form has too many fields to show");
    return;
  }
  if (f->writer.error) {
    http_respond_error(c, 503, "The server is short of memory");
    return;
  }
  http_respond_start(c, 200);
  http_respond_document(c, f->json);
  http_respond_field(c, "Cache-Control", "no-store");
  http_respond_length(c, f->page.length);
  http_respond_producer(c, producer_buffer(&f->page));
}

static void respond_reply(struct http_exchange *c, const char *reply)
{
  http_respond_start(c, 200);
  http_respond_field(c, "Content-Type", "text/html; charset=utf-8");
  http_respond_length(c, strlen(reply));
  http_respond_copy(c, reply, strlen(reply));
}

static void request(struct http_exchange *c, const struct http_request *r)
{
  const struct echo_options *o = echo_of(c)->options;
  struct reflection *f = reflection_of(c);
  if (!f) {
    http_respond_error(c, 503, "The server is short of memory");
    return;
  }
  if (r->method == HTTP_CONNECT) { /* a 200 would promise a tunnel */
    http_respond_error(c, 501, "This is no proxy");
    return;
  }
  f->json = o->json || http_wants_json(&r->fields);
  f->form =
      http_value_is(http_field(&r->fields, HTTP_CONTENT_TYPE), "application/x-www-form-urlencoded");
  if (!o->reply) {
    put_request(c, f, r);
    if (!f->json && span_is(r->path, "/"))
      put_empty_form(f);
  }
  if (http_body_read(c, LARGEST_BODY))
    return;
  if (o->reply)
    respond_reply(c, o->reply);
  else
    respond(c, f);
}

static void body(struct http_exchange *c, const void *data, size_t n)
{
  struct reflection *f = reflection_of(c);
  if (!f->writer.error)
    writer_note(&f->writer, buffer_append(&f->body, data, n));
}

static void body_end(struct http_exchange *c)
{
  const struct echo_options *o = echo_of(c)->options;
  if (o->reply)
    respond_reply(c, o->reply);
  else
    respond(c, reflection_of(c));
}

static void begin(struct http_exchange *c, const struct http_request *r)
{
  struct reflection *f = log_enabled(LOG_INFO) ? reflection_of(c) : NULL;
  if (f)
    f->log = http_serving_entry(c, r);
}

static void end(struct http_exchange *c, const struct http_outcome *o)
{
  struct reflection *f = c->context;
  if (!f)
    return;
  http_serving_log(c, f->log, o);
  buffer_release(&f->page);
  buffer_release(&f->body);
  free(f);
}

int echo_http(const struct echo_options *o, const struct address *addresses, size_t count)
{
  static const struct http_exchange_ops ops = {
      .begin = begin, .request = request, .body = body, .body_end = body_end, .end = end};
  const struct http_server_options http = {.head_timeout_ms = HEAD_TIMEOUT_MS,
                                           .stall_ms = HTTP_STALL_MS};
  struct echo_http *e = calloc(1, sizeof *e);
  if (!e) {
    log_error("start: %s", error_words(UV_ENOMEM));
    return EXIT_FAILED;
  }
  e->options = o;
  int code = http_serving_init(&e->http, &ops, &o->serving, &http, 1, 0);
  if (code == EXIT_DONE) {
    for (size_t i = 0; i < count && code == EXIT_DONE; i++)
      code = serving_listen(&e->http.serving, &addresses[i], NULL);
    code = http_serving_run(&e->http, code);
  }
  free(e);
  return code;
}
