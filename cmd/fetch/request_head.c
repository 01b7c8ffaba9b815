#include "cmd/fetch/request_head.h"

#include "cmd/cli/page.h"
#include "core/codec/base64.h"
#include "core/http/message/fields.h"

#include <inttypes.h>
#include <string.h>
#include <uv.h>

/* What -H says: `Name: value` adds or replaces, `Name:` leaves out what we would send, `Name;`
 * sends it empty. */
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
  const char *value = text + n + 1;
  value += strspn(value, " \t");
  size_t length = strlen(value);
  while (length > 0 && strchr(" \t", value[length - 1]))
    length--;
  field->value = (struct span){value, length};
  field->sent = length > 0;
  return true;
}

static int check_text(const char *option, const char *text, struct error *e)
{
  if (!text || http_is_field_value(span_of(text)))
    return 0;
  return error_say(e, UV_EINVAL,
                   "%s '%.100s': no control characters, and no spaces around it, may be sent",
                   option, text);
}

static int bad_own(struct span shown, const char *why, struct error *e)
{
  int length = shown.length < 100 ? (int)shown.length : 100;
  return error_say(e, UV_EINVAL, "--header '%.*s...': %s", length, shown.data, why);
}

/* No value is quoted: it may be a password. */
static int check_own(const char *text, struct error *e)
{
  struct own_field field;
  struct span start = {text, strcspn(text, " \t:;")};
  if (!parse_own(&field, text))
    return bad_own(start, "not 'Name: value', 'Name:' or 'Name;'", e);
  if (!http_is_token(field.name))
    return bad_own(start, "no name of a field", e);
  if (!http_is_field_value(field.value))
    return bad_own(field.name, "a control character in the value", e);
  if (span_is_nocase(field.name, "content-length") ||
      span_is_nocase(field.name, "transfer-encoding"))
    return bad_own(field.name, "how the body is framed is not to be chosen", e);
  return 0;
}

/* `first-last`, several with commas (RFC 9110 14.1.2). */
static int check_range(const char *range, struct error *e)
{
  if (!range || (strspn(range, "0123456789-, ") == strlen(range) && strchr(range, '-')))
    return 0;
  return error_say(e, UV_EINVAL, "--range '%.100s': not like 0-99, 100- or -100", range);
}

int request_head_check(const struct fetch_options *o, struct error *e)
{
  if (o->method && !http_is_token(span_of(o->method)))
    return error_say(e, UV_EINVAL, "--method '%.100s': no method is like that", o->method);
  if (o->user && !strchr(o->user, ':'))
    return error_say(e, UV_EINVAL, "--user: not NAME:PASSWORD");
  if (o->user && o->user[strcspn(o->user, "\r\n")])
    return error_say(e, UV_EINVAL, "--user: a line end is in it");
  int err = check_text("--user-agent", o->agent, e);
  if (!err)
    err = check_range(o->range, e);
  for (size_t i = 0; o->headers[i] && !err; i++)
    err = check_own(o->headers[i], e);
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

/* RFC 7617. `password` NULL when `user` is all of it. */
static void put_basic(struct page *p, const char *name, const char *user, const char *password)
{
  struct page pair = {0};
  page_put(&pair, "%s%s%s", user, password ? ":" : "", password ? password : "");
  page_put(p, "%s: Basic ", name);
  if (pair.err || base64_encode(&p->text, buffer_data(&pair.text), pair.text.length))
    p->err = UV_ENOMEM;
  page_put(p, "\r\n");
  page_release(&pair);
}

static bool is_at_origin(const struct request_head *r)
{
  return http_url_same_origin(r->url, r->origin);
}

static void put_authorization(struct page *p, const struct fetch_options *o,
                              const struct request_head *r)
{
  if (!is_at_origin(r) || request_head_has_own(o, "authorization"))
    return;
  if (o->user)
    put_basic(p, "Authorization", o->user, NULL);
  else if (r->origin->has_user)
    put_basic(p, "Authorization", r->origin->user, r->origin->password);
}

static void put_proxy_authorization(struct page *p, const struct fetch_options *o,
                                    const struct request_head *r)
{
  if (!r->proxy || !r->proxy->has_user)
    return;
  if (!is_at_origin(r) || !request_head_has_own(o, "proxy-authorization"))
    put_basic(p, "Proxy-Authorization", r->proxy->user, r->proxy->password);
}

/* What was meant for the host that was named, and must not reach one that a redirect named
 * (RFC 9110 15.4). */
static bool is_for_origin_only(struct span name)
{
  return span_is_nocase(name, "authorization") || span_is_nocase(name, "cookie") ||
         span_is_nocase(name, "proxy-authorization") || span_is_nocase(name, "host");
}

static void put_own(struct page *p, const struct fetch_options *o, const struct request_head *r)
{
  struct own_field field;
  for (size_t i = 0; o->headers[i]; i++) {
    if (!parse_own(&field, o->headers[i]) || !field.sent)
      continue;
    if (is_at_origin(r) || !is_for_origin_only(field.name))
      page_put(p, "%.*s: %.*s\r\n", (int)field.name.length, field.name.data,
               (int)field.value.length, field.value.data);
  }
}

static void put_line(struct page *p, const struct request_head *r, bool http10)
{
  page_put(p, "%s ", r->method);
  if (!r->proxy)
    page_put(p, "%s", r->url->target);
  else if (http_url_print(&p->text, r->url))
    p->err = UV_ENOMEM;
  page_put(p, " HTTP/1.%d\r\n", http10 ? 0 : 1);
}

static void put_host(struct page *p, const struct fetch_options *o, const struct request_head *r)
{
  if (is_at_origin(r) && request_head_has_own(o, "host"))
    return;
  page_put(p, "Host: ");
  if (http_url_print_authority(&p->text, r->url))
    p->err = UV_ENOMEM;
  page_put(p, "\r\n");
}

/* A field of ours, unless -H says something of it. */
static void put_field(struct page *p, const struct fetch_options *o, const char *name,
                      const char *value)
{
  if (value && !request_head_has_own(o, name))
    page_put(p, "%s: %s\r\n", name, value);
}

static void put_range(struct page *p, const struct fetch_options *o, const struct request_head *r)
{
  if (r->resume_from > 0)
    page_put(p, "Range: bytes=%" PRIu64 "-\r\nIf-Range: %s\r\n", r->resume_from, r->if_range);
  else if (o->range && !request_head_has_own(o, "range"))
    page_put(p, "Range: bytes=%s\r\n", o->range);
}

static void put_body_fields(struct page *p, const struct request_head *r)
{
  if (!r->body)
    return;
  page_put(p, "Content-Length: %" PRIu64 "\r\n", r->body->length);
  put_field(p, r->options, "Content-Type", r->body->content_type);
}

int request_head_print(struct buffer *out, const struct request_head *r)
{
  const struct fetch_options *o = r->options;
  struct page p = {0};
  put_line(&p, r, r->raw || o->http10);
  put_host(&p, o, r);
  put_proxy_authorization(&p, o, r);
  put_authorization(&p, o, r);
  if (!r->raw) {
    put_field(&p, o, "User-Agent", o->agent ? o->agent : "anet/" ANET_VERSION);
    put_field(&p, o, "Accept", r->accept ? r->accept : "*/*");
    put_field(&p, o, "Accept-Encoding", r->decodes ? "gzip, deflate" : "identity");
    put_field(&p, o, "Connection", "close");
  } else {
    put_field(&p, o, "User-Agent", o->agent);
    put_field(&p, o, "Accept", r->accept);
  }
  put_range(&p, o, r);
  put_body_fields(&p, r);
  put_own(&p, o, r);
  page_put(&p, "\r\n");
  int err = p.err ? p.err : buffer_append(out, buffer_data(&p.text), p.text.length);
  page_release(&p);
  return err;
}
