#include "core/http/respond.h"

#include "core/base/log.h"
#include "core/http/conn.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static void put(struct http_server *h, const void *data, size_t n)
{
  if (n > sizeof h->head - h->head_length) {
    h->head_overflow = true;
    return;
  }
  memcpy(h->head + h->head_length, data, n);
  h->head_length += n;
}

static void put_text(struct http_server *h, const char *text)
{
  put(h, text, strlen(text));
}

static void put_status_line(struct http_server *h, unsigned status)
{
  char line[64];
  if (status == 200) {
    put_text(h, "HTTP/1.1 200 OK\r\n");
    return;
  }
  int n = snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\n", status, http_status_words(status));
  put(h, line, (size_t)n);
}

void http_respond_start(struct http_exchange *x, unsigned status)
{
  struct http_server *h = x->conn->http;
  h->head_length = 0;
  h->head_overflow = false;
  x->status = (uint16_t)status;
  http_conn_will_respond(x->conn);
  http_common_fields_now(&h->common);
  put_status_line(h, status);
  put(h, h->common.lines, h->common.length);
  if (!x->conn->keep)
    put_text(h, "Connection: close\r\n");
  else if (x->http10)
    put_text(h, "Connection: keep-alive\r\n");
}

void http_respond_field(struct http_exchange *x, const char *name, const char *format, ...)
{
  struct http_server *h = x->conn->http;
  put_text(h, name);
  put_text(h, ": ");
  size_t room = sizeof h->head - h->head_length;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(h->head + h->head_length, room, format, args);
  va_end(args);
  if (n < 0 || (size_t)n >= room)
    h->head_overflow = true;
  else
    h->head_length += (size_t)n;
  put_text(h, "\r\n");
}

void http_respond_lines(struct http_exchange *x, const void *lines, size_t n)
{
  put(x->conn->http, lines, n);
}

void http_respond_length(struct http_exchange *x, uint64_t n)
{
  http_respond_field(x, "Content-Length", "%" PRIu64, n);
}

/* The body. */

/* The empty line. False when the head did not fit: then the connection is cut. */
static bool end_head(struct http_exchange *x)
{
  struct http_server *h = x->conn->http;
  put_text(h, "\r\n");
  if (h->head_overflow) {
    log_error("response: its head is over %d bytes", HTTP_RESPONSE_HEAD_ROOM);
    dispatcher_abort(&x->conn->chat.d);
    return false;
  }
  x->head_length = (uint32_t)h->head_length;
  return true;
}

static void send_head(struct http_exchange *x)
{
  struct http_conn *c = x->conn;
  http_conn_responded(c, async_chat_push(&c->chat, c->http->head, c->http->head_length));
}

static int push_head_before(struct http_exchange *x, struct producer *p)
{
  struct http_conn *c = x->conn;
  return async_chat_push_before_producer(&c->chat, c->http->head, c->http->head_length, p);
}

void http_respond_nothing(struct http_exchange *x)
{
  if (end_head(x))
    send_head(x);
}

void http_respond_copy(struct http_exchange *x, const void *data, size_t n)
{
  struct http_server *h = x->conn->http;
  if (!end_head(x))
    return;
  if (x->head_only) {
    send_head(x);
  } else if (n <= sizeof h->head - h->head_length) {
    put(h, data, n);
    send_head(x);
  } else {
    http_conn_responded(x->conn, push_head_before(x, producer_bytes(data, n)));
  }
}

void http_respond_shared(struct http_exchange *x, struct shared_bytes *b, size_t offset,
                         size_t length)
{
  struct http_conn *c = x->conn;
  if (!end_head(x))
    return;
  if (x->head_only)
    send_head(x);
  else
    http_conn_responded(c, async_chat_push_before_shared(&c->chat, c->http->head,
                                                         c->http->head_length, b, offset, length));
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
    send_head(x);
}

/* The response does not end before all of them are queued. */
void http_respond_producers(struct http_exchange *x, struct list *producers)
{
  if (!end_head(x))
    return;
  if (x->head_only) {
    send_head(x);
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

void http_respond_page(struct http_exchange *x, const char *why)
{
  static const char format[] =
      "<!DOCTYPE html>\n"
      "<html lang=\"en\"><meta charset=\"utf-8\"><title>%u %s</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<style>:root{color-scheme:light dark}body{font:1.1em/1.5 system-ui,sans-serif;margin:3em "
      "auto;max-width:36em;padding:0 1em}</style>\n"
      "<h1>%u %s</h1>\n<p>%c%s.\n</html>\n";
  char page[1024];
  const char *words = http_status_words(x->status);
  if (!why)
    why = words;
  int n = snprintf(page, sizeof page, format, x->status, words, x->status, words,
                   toupper((unsigned char)why[0]), why + 1);
  http_respond_field(x, "Content-Type", "text/html; charset=utf-8");
  http_respond_length(x, (uint64_t)n);
  http_respond_copy(x, page, (size_t)n);
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
