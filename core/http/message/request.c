#include "core/http/message/request.h"

#include "core/http/message/authority.h"
#include "core/http/message/character.h"
#include "core/http/message/transfer_codings.h"

#include <stddef.h>

static bool refuse(struct http_request *r, unsigned status, const char *reason)
{
  r->status = status;
  r->reason = reason;
  return false;
}

/* The request line. */

static enum http_method method_of(struct span name)
{
  static const struct {
    struct span name;
    enum http_method method;
  } methods[] = {
      {{"GET", 3}, HTTP_GET},     {{"HEAD", 4}, HTTP_HEAD},     {{"POST", 4}, HTTP_POST},
      {{"PUT", 3}, HTTP_PUT},     {{"DELETE", 6}, HTTP_DELETE}, {{"OPTIONS", 7}, HTTP_OPTIONS},
      {{"PATCH", 5}, HTTP_PATCH}, {{"TRACE", 5}, HTTP_TRACE},   {{"CONNECT", 7}, HTTP_CONNECT},
  };
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    struct span known = methods[i].name;
    if (name.length == known.length && memcmp(name.data, known.data, name.length) == 0)
      return methods[i].method;
  }
  return HTTP_METHOD_UNKNOWN;
}

static bool parse_version(struct http_request *r, struct span s)
{
  if (s.length != 8 || memcmp(s.data, "HTTP/", 5) != 0 || !ascii_is_digit(s.data[5]) ||
      s.data[6] != '.' || !ascii_is_digit(s.data[7]))
    return refuse(r, 400, "malformed version");
  if (s.data[5] != '1')
    return refuse(r, 505, "a version of HTTP other than 1");
  r->minor =
      s.data[7] != '0'; /* a higher one gets a response in the highest we know: RFC 9110 6.2 */
  return true;
}

/* `from` to `to` is a path and maybe a query. */
static void split_query(struct http_request *r, const char *from, const char *to)
{
  const char *mark = memchr(from, '?', (size_t)(to - from));
  r->path = span_between(from, mark ? mark : to);
  if (mark)
    r->query = span_between(mark + 1, to);
}

/* The length of `http://` or `https://` at the start, whatever its case; else 0. */
static size_t scheme_length(struct span s)
{
  static const struct span schemes[] = {{"http://", 7}, {"https://", 8}};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t n = schemes[i].length;
    if (s.length >= n && strncasecmp(s.data, schemes[i].data, n) == 0)
      return n;
  }
  return 0;
}

/* RFC 9112 3.2.2. */
static bool parse_absolute_form(struct http_request *r)
{
  size_t scheme = scheme_length(r->target);
  if (scheme == 0)
    return refuse(r, 400, "the target is neither a path nor an http URL");
  const char *host = r->target.data + scheme, *end = r->target.data + r->target.length;
  const char *path = host;
  while (path < end && *path != '/' && *path != '?')
    path++;
  r->host = span_between(host, path);
  if (!http_is_authority(r->host))
    return refuse(r, 400, "malformed authority in the target");
  if (scheme == sizeof "https://" - 1) /* RFC 9110 7.4 */
    return refuse(r, 421, "https was asked for on a connection without TLS");
  split_query(r, path, end);
  if (r->path.length == 0)
    r->path = span_of("/"); /* RFC 9110 4.2.3 */
  return true;
}

/* RFC 9112 3.2.3: the port is not left out, and RFC 9110 9.3.6: nor empty. */
static bool parse_authority_form(struct http_request *r)
{
  struct span port;
  if (!http_parse_authority(r->target, &port) || port.length == 0)
    return refuse(r, 400, "CONNECT without a host and a port");
  r->host = r->target;
  r->path = span_of("");
  return true;
}

static bool parse_target(struct http_request *r)
{
  struct span s = r->target;
  if (r->method == HTTP_CONNECT)
    return parse_authority_form(r);
  if (s.data[0] == '/') {
    split_query(r, s.data, s.data + s.length);
    return true;
  }
  if (!span_is(s, "*"))
    return parse_absolute_form(r);
  if (r->method != HTTP_OPTIONS)
    return refuse(r, 400, "the asterisk is for OPTIONS alone"); /* RFC 9112 3.2.4 */
  r->path = s;
  return true;
}

/* RFC 9112 3. The version is looked at before the form of the target, so that the preface of
 * HTTP/2, `PRI * HTTP/2.0`, is told by its version. */
static bool parse_line(struct http_request *r)
{
  const char *from = r->line.data, *end = from + r->line.length;
  if (from == end)
    return refuse(r, 400, "two empty lines before the request");
  const char *to = http_skip(from, end, HTTP_IN_TOKEN);
  if (to == from || (to < end && *to != ' '))
    return refuse(r, 400, "the method is not a token");
  r->method_name = span_between(from, to);
  r->method = method_of(r->method_name);
  if (r->line.length > HTTP_LONGEST_LINE) {
    bool method = r->method_name.length > HTTP_LONGEST_LINE - HTTP_LONGEST_TARGET;
    return method ? refuse(r, 501, "a method longer than any") /* RFC 9112 3 */
                  : refuse(r, 414, "the request line is too long");
  }

  from = to < end ? to + 1 : end;
  to = http_skip(from, end, HTTP_IN_TARGET);
  r->target = span_between(from, to);
  if (r->target.length > HTTP_LONGEST_TARGET)
    return refuse(r, 414, "the target is too long");
  if (to < end && *to != ' ')
    return refuse(r, 400, "a character that no target has");
  if (to == from)
    return refuse(r, 400, "the target is missing");
  if (to == end)
    return refuse(r, 400, "the version is missing");
  to++;
  return parse_version(r, span_between(to, end)) && parse_target(r);
}

/* What the fields say of the request as a whole. */

static bool is_repeated(const struct http_request *r, enum http_field_id id)
{
  return r->fields.repeated >> id & 1;
}

/* RFC 9112 3.2. */
static bool check_host(struct http_request *r)
{
  struct span host = http_field(&r->fields, HTTP_HOST);
  if (!host.data) {
    if (r->minor > 0)
      return refuse(r, 400, "no Host field");
    host = span_of("");
  } else if (is_repeated(r, HTTP_HOST)) {
    return refuse(r, 400, "two Host fields");
  } else if (!http_is_authority(host)) {
    return refuse(r, 400, "malformed Host field");
  }
  if (!r->host.data)
    r->host = host;
  return true;
}

/* RFC 9112 6.1 and 6.3. What leaves a doubt about where the body ends is refused, since another
 * server on the way may have decided otherwise. */
static bool check_transfer_encoding(struct http_request *r)
{
  const struct http_fields *f = &r->fields;
  if (r->minor == 0)
    return refuse(r, 400, "Transfer-Encoding in HTTP/1.0");
  if (http_has_field(f, HTTP_CONTENT_LENGTH))
    return refuse(r, 400, "Content-Length with Transfer-Encoding");
  enum http_transfer_codings codings = http_transfer_codings(f);
  if (codings)
    return refuse(r, codings == HTTP_TRANSFER_CODINGS_OTHERS ? 501 : 400,
                  http_transfer_codings_words(codings));
  r->chunked = true;
  return true;
}

/* RFC 9110 8.6. */
static bool check_content_length(struct http_request *r)
{
  if (is_repeated(r, HTTP_CONTENT_LENGTH))
    return refuse(r, 400, "two Content-Length fields");
  if (!http_parse_number(http_field(&r->fields, HTTP_CONTENT_LENGTH), &r->length))
    return refuse(r, 400, "malformed Content-Length");
  return true;
}

/* RFC 9110 10.1.1: of HTTP/1.0 the expectation is ignored. */
static bool check_expect(struct http_request *r)
{
  const struct http_fields *f = &r->fields;
  unsigned known = 0, others = 0;
  for (size_t i = f->first[HTTP_EXPECT]; i < f->count; i++) {
    struct span rest = f->all[i].value, expectation;
    while (f->all[i].id == HTTP_EXPECT && http_list_next(&rest, &expectation)) {
      if (span_is_nocase(expectation, "100-continue"))
        known++;
      else
        others++;
    }
  }
  if (known == 0 || others > 0)
    return refuse(r, 417, "an expectation other than 100-continue");
  r->expects_continue = r->minor > 0;
  return true;
}

/* RFC 9112 9.3. */
static bool keeps_alive(const struct http_request *r)
{
  if (!http_has_field(&r->fields, HTTP_CONNECTION))
    return r->minor > 0;
  if (http_list_has(&r->fields, HTTP_CONNECTION, "close"))
    return false;
  return r->minor > 0 || http_list_has(&r->fields, HTTP_CONNECTION, "keep-alive");
}

static bool check_fields(struct http_request *r)
{
  const struct http_fields *f = &r->fields;
  if (!check_host(r))
    return false;
  if (http_has_field(f, HTTP_TRANSFER_ENCODING) && !check_transfer_encoding(r))
    return false;
  if (http_has_field(f, HTTP_CONTENT_LENGTH) && !check_content_length(r))
    return false;
  if (http_has_field(f, HTTP_EXPECT) && !check_expect(r))
    return false;
  r->keep_alive = keeps_alive(r);
  return true;
}

bool http_parse_request(struct http_request *r, const char *head, size_t n)
{
  memset(r, 0, offsetof(struct http_request, fields) + offsetof(struct http_fields, all));
  const char *end = head + n, *line = head + http_end_of_line(head, end);
  const char *newline = memchr(line, '\n', (size_t)(end - line));
  const char *stop = newline ? newline : end;
  if (newline > line && newline[-1] == '\r')
    stop--;
  r->line = span_between(line, stop);
  if (n > HTTP_LONGEST_HEAD)
    return refuse(r, 431, "the head is too long");
  if (!newline)
    return refuse(r, 400, "the request line has no end");
  if (!parse_line(r))
    return false;
  newline++;
  enum http_fields_error error = http_parse_fields(&r->fields, newline, (size_t)(end - newline));
  if (error)
    return refuse(r, error == HTTP_FIELDS_TOO_MANY ? 431 : 400, http_fields_error_words(error));
  return check_fields(r);
}
