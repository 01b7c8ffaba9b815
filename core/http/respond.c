#include "core/http/respond.h"

#include "core/codec/html.h"
#include "core/http/conn.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const char ok[] = "HTTP/1.1 200 OK\r\n";

/* RFC 9110 15 and RFC 6585. */
static const struct status {
  unsigned code;
  const char *words;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_status_words(unsigned status)
{
  static const char *const classes[] = {"Unknown",     "Informational", "Success",
                                        "Redirection", "Client Error",  "Server Error"};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (statuses[i].code == status)
      return statuses[i].words;
  return classes[status / 100 < 6 ? status / 100 : 0];
}

/* The head. */

static struct writer *writer_of(const struct http_exchange *x)
{
  return &x->conn->http->writer;
}

void http_respond_start(struct http_exchange *x, unsigned status)
{
  struct http_server *h = x->conn->http;
  struct writer *w = &h->writer;
  buffer_clear(&h->out);
  writer_init(w, &h->out);
  x->status = (uint16_t)status;
  http_conn_will_respond(x->conn);
  http_common_fields_now(&h->common);
  if (status == 200)
    writer_bytes(w, ok, sizeof ok - 1);
  else
    writer_format(w, "HTTP/1.1 %u %s\r\n", status, http_status_words(status));
  writer_bytes(w, h->common.lines, h->common.length);
  if (!x->conn->keep)
    writer_text(w, "Connection: close\r\n");
  else if (x->http10)
    writer_text(w, "Connection: keep-alive\r\n");
}

void http_respond_field(struct http_exchange *x, const char *name, const char *format, ...)
{
  struct writer *w = writer_of(x);
  va_list args;
  writer_text(w, name);
  writer_bytes(w, ": ", 2);
  va_start(args, format);
  writer_vformat(w, format, args);
  va_end(args);
  writer_bytes(w, "\r\n", 2);
}

void http_respond_lines(struct http_exchange *x, const void *lines, size_t n)
{
  writer_bytes(writer_of(x), lines, n);
}

void http_respond_length(struct http_exchange *x, uint64_t n)
{
  http_respond_field(x, "Content-Length", "%" PRIu64, n);
}

/* The body. */

/* The empty line. False when an error came up meanwhile: then the connection is cut. */
static bool end_head(struct http_exchange *x)
{
  struct writer *w = writer_of(x);
  writer_bytes(w, "\r\n", 2);
  if (w->error) {
    http_conn_responded(x->conn, w->error);
    return false;
  }
  x->head_length = (uint32_t)w->to->length;
  return true;
}

static void send_out(struct http_exchange *x)
{
  struct http_conn *c = x->conn;
  const struct buffer *out = &c->http->out;
  http_conn_responded(c, async_chat_push(&c->chat, buffer_data(out), out->length));
}

static int push_head_before(struct http_exchange *x, struct producer *p)
{
  struct http_conn *c = x->conn;
  const struct buffer *out = &c->http->out;
  return async_chat_push_before_producer(&c->chat, buffer_data(out), out->length, p);
}

void http_respond_nothing(struct http_exchange *x)
{
  if (end_head(x))
    send_out(x);
}

void http_respond_copy(struct http_exchange *x, const void *data, size_t n)
{
  struct buffer *out = &x->conn->http->out;
  if (!end_head(x))
    return;
  if (x->head_only || (out->length + n <= HTTP_RESPONSE_ROOM && !buffer_append(out, data, n)))
    send_out(x);
  else
    http_conn_responded(x->conn, push_head_before(x, producer_bytes(data, n)));
}

void http_respond_shared(struct http_exchange *x, struct shared_bytes *b, size_t offset,
                         size_t length)
{
  struct http_conn *c = x->conn;
  const struct buffer *out = &c->http->out;
  if (!end_head(x))
    return;
  if (x->head_only)
    send_out(x);
  else
    http_conn_responded(c, async_chat_push_before_shared(&c->chat, buffer_data(out), out->length, b,
                                                         offset, length));
}

void http_respond_producer(struct http_exchange *x, struct producer *p)
{
  if (end_head(x) && !x->head_only) {
    http_conn_responded(x->conn, push_head_before(x, p));
    return;
  }
  if (p)
    producer_release(p);
  if (!dispatcher_is_closing(&x->conn->chat.d))
    send_out(x);
}

/* The response does not end before all of them are queued. */
void http_respond_producers(struct http_exchange *x, struct list *producers)
{
  if (!end_head(x))
    return;
  if (x->head_only) {
    send_out(x);
    return;
  }
  struct list *node = list_pop(producers);
  int err = push_head_before(x, node ? container_of(node, struct producer, link) : NULL);
  while (!err && (node = list_pop(producers)) != NULL)
    err = async_chat_push_with_producer(&x->conn->chat, container_of(node, struct producer, link));
  http_conn_responded(x->conn, err);
}

void http_respond_document(struct http_exchange *x, bool json)
{
  http_respond_field(x, "Content-Type", "%s",
                     json ? "application/json" : "text/html; charset=utf-8");
  http_respond_field(x, "X-Content-Type-Options", "nosniff");
  http_respond_field(x, "Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
}

/* With a capital letter at its beginning. */
static void write_sentence(struct writer *w, const char *text)
{
  if (*text >= 'a' && *text <= 'z')
    writer_format(w, "%c", *text++ - 'a' + 'A');
  if (!w->error)
    w->error = html_escape(w->to, text, strlen(text));
}

void http_respond_page(struct http_exchange *x, const char *why)
{
  enum { USUAL = 1024 }; /* bytes of a page */
  static const char head[] = "<!DOCTYPE html>\n"
                             "<html lang=\"en\"><meta charset=\"utf-8\"><title>";
  static const char style[] = "</title>\n"
                              "<meta name=\"viewport\" content=\"width=device-width\">\n"
                              "<style>:root{color-scheme:light dark}body{font:1.1em/1.5 "
                              "system-ui,sans-serif;margin:3em auto;max-width:36em;padding:0 1em}"
                              "</style>\n<h1>";
  const char *words = http_status_words(x->status);
  struct buffer page = {0};
  struct writer w;
  writer_init(&w, &page);
  buffer_reserve(&page, USUAL); /* else it grows step by step */
  writer_bytes(&w, head, sizeof head - 1);
  writer_format(&w, "%u %s", x->status, words);
  writer_bytes(&w, style, sizeof style - 1);
  writer_format(&w, "%u %s</h1>\n<p>", x->status, words);
  write_sentence(&w, why ? why : words);
  writer_text(&w, ".\n</html>\n");
  writer_note(writer_of(x), w.error);
  http_respond_field(x, "Content-Type", "text/html; charset=utf-8");
  http_respond_length(x, page.length);
  http_respond_copy(x, buffer_data(&page), page.length);
  buffer_release(&page);
}

void http_respond_error(struct http_exchange *x, unsigned status, const char *why)
{
  http_respond_start(x, status);
  http_respond_page(x, why);
}

void http_respond_refuse(struct http_exchange *x, unsigned status, const char *why)
{
  struct http_conn *c = x->conn;
  c->keep = false;
  c->linger = true;
  if (status && !x->responded)
    http_respond_error(x, status, why);
  else
    http_conn_end(c, why, HTTP_LINGER_MS);
}
