#include "cmd/fetch/request_head.h"

#include "core/base/writer.h"
#include "core/codec/base64.h"
#include "core/http/message/date.h"
#include "core/http/message/fields.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

/* A field of -H: `Name: value` adds or replaces it, `Name:` leaves out the one we would send,
 * `Name;` sends it empty. */
struct own_field {
  struct span name, value;
  bool sent;
};

static bool parse_own(struct own_field *field, const char *text)
{
  size_t n = strcspn(text, ":;");
  field->name = (struct span){text, n};
  field->value = (struct span){"", 0};
  field->sent = true;
  if (text[n] == ';')
    return text[n + 1] == '\0';
  if (text[n] != ':')
    return false;
  field->value = span_trim(span_of(text + n + 1));
  field->sent = field->value.length > 0;
  return true;
}

static int check_text(const char *option, const char *text, struct error *e)
{
  if (!text || http_is_field_value(span_of(text)))
    return 0;
  return error_say(e, UV_EINVAL,
                   "%s '%.100s': control characters and spaces around it are not allowed", option,
                   text);
}

static int bad_own(struct span shown, const char *why, struct error *e)
{
  int length = shown.length < 100 ? (int)shown.length : 100;
  return error_say(e, UV_EINVAL, "--header '%.*s...': %s", length, shown.data, why);
}

/* The value is not quoted in an error: it may be a password. */
static int check_own(const char *text, struct error *e)
{
  struct own_field field;
  struct span start = {text, strcspn(text, " \t:;")};
  if (!parse_own(&field, text))
    return bad_own(start, "not 'Name: value', 'Name:' or 'Name;'", e);
  if (!http_is_token(field.name))
    return bad_own(start, "not a field name", e);
  if (!http_is_field_value(field.value))
    return bad_own(field.name, "its value has a control character", e);
  if (span_is_nocase(field.name, "content-length") ||
      span_is_nocase(field.name, "transfer-encoding"))
    return bad_own(field.name, "the framing of the body cannot be set by hand", e);
  return 0;
}

/* Fields that a request may have only once (RFC 9110 5.3, RFC 9112 3.2). */
static bool is_single(struct span name)
{
  static const char *const names[] = {
      "host",  "content-type", "user-agent", "authorization", "proxy-authorization",
      "range", "if-range",     "referer"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (span_is_nocase(name, names[i]))
      return true;
  }
  return false;
}

/* Whether the field of -H number `i` was given before it, though a request has only one. */
static int check_single(const char *const *headers, size_t i, struct error *e)
{
  struct own_field field, other;
  if (!parse_own(&field, headers[i]) || !is_single(field.name))
    return 0;
  for (size_t k = 0; k < i; k++) {
    if (parse_own(&other, headers[k]) && other.name.length == field.name.length &&
        strncasecmp(other.name.data, field.name.data, field.name.length) == 0)
      return bad_own(field.name, "given twice, but a request has only one", e);
  }
  return 0;
}

/* `first-last`, or several with commas (RFC 9110 14.1.2). */
static int check_range(const char *range, struct error *e)
{
  if (!range || (strspn(range, "0123456789-, ") == strlen(range) && strchr(range, '-')))
    return 0;
  return error_say(e, UV_EINVAL, "--range '%.100s': expected a range such as 0-99, 100- or -100",
                   range);
}

int request_head_check(const struct fetch_options *o, struct error *e)
{
  if (o->method && !http_is_token(span_of(o->method)))
    return error_say(e, UV_EINVAL, "--method '%.100s': not a method", o->method);
  if (o->user && !strchr(o->user, ':'))
    return error_say(e, UV_EINVAL, "--user: not NAME:PASSWORD");
  if (o->user && o->user[strcspn(o->user, "\r\n")])
    return error_say(e, UV_EINVAL, "--user: it has a line break");
  int err = check_text("--user-agent", o->agent, e);
  if (!err)
    err = check_range(o->range, e);
  for (size_t i = 0; o->headers[i] && !err; i++) {
    err = check_own(o->headers[i], e);
    if (!err)
      err = check_single(o->headers, i, e);
  }
  return err;
}

bool request_head_has_own(const struct fetch_options *o, const char *name)
{
  struct own_field field;
  for (size_t i = 0; o->headers[i]; i++) {
    if (parse_own(&field, o->headers[i]) && span_is_nocase(field.name, name))
      return true;
  }
  return false;
}

struct span request_head_own(const struct fetch_options *o, const char *name)
{
  struct own_field field;
  for (size_t i = 0; o->headers[i]; i++) {
    if (parse_own(&field, o->headers[i]) && field.sent && span_is_nocase(field.name, name))
      return field.value;
  }
  return (struct span){NULL, 0};
}

/* RFC 7617. Without a `password`, `user` is NAME:PASSWORD. */
static void put_basic(struct writer *w, const char *name, const char *user, const char *password)
{
  struct buffer text = {0};
  struct writer pair;
  writer_init(&pair, &text);
  writer_text(&pair, user);
  if (password) {
    writer_text(&pair, ":");
    writer_text(&pair, password);
  }
  writer_note(w, pair.error);
  writer_format(w, "%s: Basic ", name);
  writer_note(w, base64_encode(w->to, buffer_data(&text), text.length));
  writer_text(w, "\r\n");
  buffer_release(&text);
}

static bool is_at_origin(const struct request_head *r)
{
  return http_url_same_origin(r->url, r->origin);
}

static void put_authorization(struct writer *w, const struct request_head *r)
{
  if (!is_at_origin(r) || request_head_has_own(r->options, "authorization"))
    return;
  if (r->options->user)
    put_basic(w, "Authorization", r->options->user, NULL);
  else if (r->origin->has_user)
    put_basic(w, "Authorization", r->origin->user, r->origin->password);
}

static void put_proxy_authorization(struct writer *w, const struct request_head *r)
{
  if (!r->proxy || !r->proxy->has_user)
    return;
  if (!is_at_origin(r) || !request_head_has_own(r->options, "proxy-authorization"))
    put_basic(w, "Proxy-Authorization", r->proxy->user, r->proxy->password);
}

/* Fields for the host that was named; a host that a redirect names must not get them (RFC 9110
 * 15.4). */
static bool is_for_origin_only(struct span name)
{
  return span_is_nocase(name, "authorization") || span_is_nocase(name, "cookie") ||
         span_is_nocase(name, "proxy-authorization") || span_is_nocase(name, "host");
}

/* The boundary behind a media type of -H that has none. */
static void put_boundary(struct writer *w, const struct request_head *r, struct span value)
{
  bool begun = value.data[value.length - 1] == ';';
  writer_format(w, "%s boundary=%s", begun ? "" : ";", r->body->boundary);
}

static void put_own(struct writer *w, const struct request_head *r)
{
  struct own_field field;
  for (size_t i = 0; r->options->headers[i]; i++) {
    if (!parse_own(&field, r->options->headers[i]) || !field.sent)
      continue;
    if (!is_at_origin(r) && is_for_origin_only(field.name))
      continue;
    writer_span(w, field.name);
    writer_text(w, ": ");
    writer_span(w, field.value);
    if (r->body && r->body->adds_boundary && span_is_nocase(field.name, "content-type"))
      put_boundary(w, r, field.value);
    writer_text(w, "\r\n");
  }
}

static void put_line(struct writer *w, const struct request_head *r)
{
  writer_format(w, "%s ", r->method);
  if (r->proxy)
    writer_note(w, http_url_print(w->to, r->url));
  else
    writer_text(w, r->url->target);
  writer_format(w, " HTTP/1.%d\r\n", r->raw || r->options->http10 ? 0 : 1);
}

static void put_host(struct writer *w, const struct request_head *r)
{
  if (is_at_origin(r) && request_head_has_own(r->options, "host"))
    return;
  writer_text(w, "Host: ");
  writer_note(w, http_url_print_authority(w->to, r->url));
  writer_text(w, "\r\n");
}

/* A field of ours, unless -H replaces it or leaves it out. */
static void put_field(struct writer *w, const struct request_head *r, const char *name,
                      const char *value)
{
  if (value && !request_head_has_own(r->options, name))
    writer_format(w, "%s: %s\r\n", name, value);
}

static void put_range(struct writer *w, const struct request_head *r)
{
  if (r->resume_from > 0)
    writer_format(w, "Range: bytes=%" PRIu64 "-\r\n", r->resume_from);
  else if (r->options->range && !request_head_has_own(r->options, "range"))
    writer_format(w, "Range: bytes=%s\r\n", r->options->range);
}

/* A part must be of the same file; a whole one must not be older. */
static void put_condition(struct writer *w, const struct request_head *r)
{
  char date[HTTP_DATE_SIZE];
  http_date_print(date, r->modified);
  if (r->resume_from > 0 && r->if_range)
    writer_format(w, "If-Range: %s\r\n", r->if_range);
  else if (r->resume_from > 0 && r->modified)
    writer_format(w, "If-Unmodified-Since: %s\r\n", date);
  else if (r->modified)
    writer_format(w, "If-Modified-Since: %s\r\n", date);
}

static void put_body_fields(struct writer *w, const struct request_head *r)
{
  if (!r->body)
    return;
  if (r->body->chunked)
    writer_text(w, "Transfer-Encoding: chunked\r\n");
  else
    writer_format(w, "Content-Length: %" PRIu64 "\r\n", r->body->length);
  put_field(w, r, "Content-Type", r->body->content_type);
}

int request_head_print(struct buffer *out, const struct request_head *r)
{
  const char *agent = r->options->agent;
  size_t before = out->length;
  struct writer w;
  writer_init(&w, out);
  put_line(&w, r);
  put_host(&w, r);
  put_proxy_authorization(&w, r);
  put_authorization(&w, r);
  if (!r->raw) {
    put_field(&w, r, "User-Agent", agent ? agent : "anet/" ANET_VERSION);
    put_field(&w, r, "Accept", r->accept ? r->accept : "*/*");
    put_field(&w, r, "Accept-Encoding", r->decodes ? "gzip, deflate" : "identity");
    put_field(&w, r, "Connection", "close");
  } else {
    put_field(&w, r, "User-Agent", agent);
    put_field(&w, r, "Accept", r->accept);
  }
  put_range(&w, r);
  put_condition(&w, r);
  put_body_fields(&w, r);
  put_own(&w, r);
  writer_text(&w, "\r\n");
  if (w.error)
    out->length = before;
  return w.error;
}
