#include "core/base/utf8.h"
#include "core/codec/percent.h"
#include "core/http/message/url.h"

#include <stdio.h>
#include <uv.h>

bool http_url_same_origin(const struct http_url *a, const struct http_url *b)
{
  return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

int http_url_print_authority(struct buffer *out, const struct http_url *u)
{
  char port[sizeof ":65535"] = "";
  if (u->port != http_default_port(u->tls))
    snprintf(port, sizeof port, ":%u", (unsigned)u->port);
  if (!u->bracketed)
    return buffer_printf(out, "%s%s", u->host, port);
  int address = (int)strcspn(u->host, "%"); /* a zone means something here alone: RFC 6874 4 */
  return buffer_printf(out, "[%.*s]%s", address, u->host, port);
}

int http_url_print(struct buffer *out, const struct http_url *u)
{
  int err = buffer_printf(out, "%s://", u->tls ? "https" : "http");
  if (!err)
    err = http_url_print_authority(out, u);
  if (!err && *u->target == '/') /* OPTIONS * is said with nothing there: RFC 9112 3.2.4 */
    err = buffer_append(out, u->target, strlen(u->target));
  return err;
}

/* Whether it may be the name of a file; that it is not longer than one is left to the system. */
static bool is_file_name(const char *name, size_t n)
{
  struct span s = {name, n};
  if (span_is(s, ".") || span_is(s, ".."))
    return false;
  while (s.length > 0) {
    uint32_t c;
    size_t length = utf8_decode(s.data, s.length, &c);
    if (length == 0 || c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == '/')
      return false;
    s = span_skip(s, length);
  }
  return true;
}

int http_url_print_file_name(struct buffer *out, const struct http_url *u)
{
  const char *end = u->target + u->path_length, *slash = memrchr(u->target, '/', u->path_length);
  struct span name = span_of("index.html");
  if (slash && slash + 1 < end)
    name = span_between(slash + 1, end);
  char *to = (char *)buffer_reserve(out, name.length);
  if (!to)
    return UV_ENOMEM;
  size_t n = percent_decode(to, name);
  if (!is_file_name(to, n)) {
    memcpy(to, name.data, name.length); /* no dots alone: those went with the dot segments */
    n = name.length;
  }
  buffer_commit(out, n);
  return 0;
}
