#include "core/http/message/url.h"

#include "core/base/numeric_host.h"
#include "core/base/utf8.h"
#include "core/codec/percent.h"
#include "core/http/message/authority.h"
#include "core/http/message/character.h"
#include "core/http/message/fields.h"
#include "core/http/message/path.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { LONGEST_QUOTED = 96 }; /* of what an error quotes: its reason must find room behind it */

static const char too_long[] = "the URL is too long";
static const char no_slashes[] = "no // behind the scheme";

/* The texts of a URL stand in one piece of memory, in this order, each with a NUL. */
static void set_texts(struct http_url *u, char *memory)
{
  u->memory = memory;
  u->user = memory;
  u->password = u->user + strlen(u->user) + 1;
  u->host = u->password + strlen(u->password) + 1;
  u->target = u->host + strlen(u->host) + 1;
}

/* A URL that is being made. What is wrong with it is a literal, and NULL is nothing. */
struct draft {
  struct http_url url;
  char *at; /* where the next byte goes; there is room for all of it */
};

static void put(struct draft *d, const char *data, size_t n)
{
  memcpy(d->at, data, n);
  d->at += n;
}

static bool is_utf8(struct span s)
{
  while (s.length > 0) {
    uint32_t character;
    size_t n = utf8_decode(s.data, s.length, &character);
    if (n == 0)
      return false;
    s = span_skip(s, n);
  }
  return true;
}

/* Before the path. */

/* Decodes, with a NUL behind it. */
static const char *take_user_part(struct draft *d, struct span s)
{
  while (s.length > 0) {
    char byte = (char)percent_next(&s);
    if (ascii_is_control(byte)) /* RFC 7617 2 */
      return "an escaped control character in the user information";
    *d->at++ = byte;
  }
  *d->at++ = '\0';
  return NULL;
}

static const char *take_user(struct draft *d, struct span s)
{
  const char *colon = memchr(s.data, ':', s.length), *end = s.data + s.length;
  struct span user = span_between(s.data, colon ? colon : end);
  struct span password = span_between(colon ? colon + 1 : end, end);
  d->url.has_user = true;
  const char *wrong = take_user_part(d, user);
  return wrong ? wrong : take_user_part(d, password);
}

static const char *take_name(struct draft *d, struct span s)
{
  const char *start = d->at;
  while (s.length > 0) {
    int byte = percent_next(&s);
    if (byte < 0x80 && !http_is((char)byte, HTTP_IN_REG_NAME))
      return "a character that no host has";
    *d->at++ = ascii_lower((char)byte);
  }
  if (!is_utf8(span_between(start, d->at)))
    return "the host is not UTF-8";
  struct in_addr address;
  bool numeric = numeric_host_is(span_between(start, d->at));
  *d->at++ = '\0';
  if (numeric && inet_pton(AF_INET, start, &address) != 1)
    return "not an IPv4 address";
  return NULL;
}

/* Behind the address, from its `%`. RFC 6874 escapes that, people do not; only `%25` alone is
 * then the zone 25. A zone is the name of an interface, and its case counts. */
static const char *take_zone(struct draft *d, struct span zone)
{
  struct span rest = span_skip(zone, 1);
  if (rest.length > 2 && rest.data[0] == '2' && rest.data[1] == '5')
    rest = span_skip(rest, 2);
  if (rest.length == 0)
    return "the zone is empty";
  *d->at++ = '%';
  while (rest.length > 0) {
    int byte = percent_next(&rest);
    if (byte >= 0x80 || !http_is((char)byte, HTTP_IN_REG_NAME))
      return "a character that no zone has";
    *d->at++ = (char)byte;
  }
  return NULL;
}

/* Without its brackets. */
static const char *take_ipv6(struct draft *d, struct span s)
{
  const char *percent = memchr(s.data, '%', s.length);
  struct span address = {s.data, percent ? (size_t)(percent - s.data) : s.length};
  d->url.bracketed = true;
  if (!http_is_ipv6(address))
    return "what stands in brackets is no IPv6 address";
  for (size_t i = 0; i < address.length; i++)
    *d->at++ = ascii_lower(address.data[i]);
  struct span zone = {percent, s.length - address.length};
  const char *wrong = percent ? take_zone(d, zone) : NULL;
  *d->at++ = '\0';
  return wrong;
}

static const char *take_port(struct draft *d, struct span s)
{
  uint64_t port;
  if (s.length == 0)
    return NULL; /* RFC 3986 6.2.3 */
  if (!http_parse_number(s, &port) || port == 0 || port > UINT16_MAX)
    return "the port is none of 1 to 65535";
  d->url.port = (uint16_t)port;
  return NULL;
}

static const char *take_host(struct draft *d, struct span s)
{
  const char *end = s.data + s.length, *stop, *wrong;
  if (s.length > 0 && *s.data == '[') {
    const char *bracket = memchr(s.data, ']', s.length);
    if (!bracket)
      return "a bracket without its pair";
    wrong = take_ipv6(d, span_between(s.data + 1, bracket));
    stop = bracket + 1;
  } else {
    const char *colon = memchr(s.data, ':', s.length);
    stop = colon ? colon : end;
    if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
      return "two colons: an IPv6 address stands in brackets";
    if (stop == s.data)
      return "the host is missing";
    wrong = take_name(d, span_between(s.data, stop));
  }
  if (wrong || stop == end)
    return wrong;
  if (*stop != ':')
    return "something between the host and the port";
  return take_port(d, span_between(stop + 1, end));
}

/* An @ that a password has not escaped is taken for a part of it: the last one counts. */
static const char *take_authority(struct draft *d, struct span s, bool with_user)
{
  if (memchr(s.data, ' ', s.length))
    return "a space before the path";
  if (memchr(s.data, '\\', s.length))
    return "a backslash before the path";
  const char *at = memrchr(s.data, '@', s.length), *host = at ? at + 1 : s.data;
  d->url.port = http_default_port(d->url.tls);
  if (at && with_user) {
    const char *wrong = take_user(d, span_between(s.data, at));
    if (wrong)
      return wrong;
  } else {
    put(d, "\0", 2);
  }
  return take_host(d, span_between(host, s.data + s.length));
}

/* The path and the query. */

/* pchar, a slash and what a query has more (RFC 3986 3.3 and 3.4); a % in whatever follows it. */
static bool stands_in_target(char c)
{
  return http_is(c, HTTP_IN_REG_NAME) || (c != '\0' && strchr(":@/?%", c));
}

static void put_target(struct draft *d, struct span s)
{
  for (size_t i = 0; i < s.length; i++) {
    uint8_t byte = (uint8_t)s.data[i];
    if (stands_in_target(s.data[i]))
      put(d, &s.data[i], 1);
    else
      d->at = percent_put(d->at, byte);
  }
}

/* RFC 3986 5.2.4, in place, of a path that begins with a slash. Returns its length then. */
static size_t remove_dot_segments(char *path, size_t n)
{
  size_t to = 0, from = 0;
  while (from < n) {
    const char *slash = memchr(path + from + 1, '/', n - from - 1);
    size_t stop = slash ? (size_t)(slash - path) : n;
    struct span segment = {path + from + 1, stop - from - 1};
    bool up = span_is(segment, ".."), dots = up || span_is(segment, ".");
    while (up && to > 0 && path[--to] != '/')
      continue;
    if (!dots) {
      memmove(path + to, path + from, stop - from);
      to += stop - from;
    } else if (stop == n) {
      path[to++] = '/';
    }
    from = stop;
  }
  return to;
}

/* The parts of a reference behind its scheme (RFC 3986 3); data is NULL for those that are
 * missing, but for the path. */
struct parts {
  struct span authority, path, query;
};

/* `authority` says that one begins it. */
static struct parts split(struct span s, bool authority)
{
  struct parts p = {0};
  const char *from = s.data, *end = from + s.length;
  const char *hash = memchr(from, '#', s.length);
  end = hash ? hash : end;
  const char *mark = memchr(from, '?', (size_t)(end - from)), *stop = mark ? mark : end;
  if (mark)
    p.query = span_between(mark + 1, end);
  if (authority) {
    const char *slash = memchr(from, '/', (size_t)(stop - from)), *path = slash ? slash : stop;
    p.authority = span_between(from, path);
    from = path;
  }
  p.path = span_between(from, stop);
  return p;
}

/* The path of a URL that is made already; the asterisk is no path. */
static struct span path_of(const struct http_url *u)
{
  return *u->target == '/' ? (struct span){u->target, u->path_length} : span_of("/");
}

/* RFC 3986 5.2.2 and 5.2.3, behind the authority; `base` is NULL for what has one. */
static const char *take_target(struct draft *d, const struct parts *p, const struct http_url *base)
{
  char *start = d->at;
  struct span old = base ? path_of(base) : span_of("/");
  bool keeps_path = p->path.length == 0;
  if (keeps_path || *p->path.data != '/') {
    const char *slash = memrchr(old.data, '/', old.length);
    put(d, old.data, keeps_path ? old.length : (size_t)(slash + 1 - old.data));
  }
  put_target(d, p->path);
  d->url.path_length = remove_dot_segments(start, (size_t)(d->at - start));
  d->at = start + d->url.path_length;
  if (p->query.data) {
    *d->at++ = '?';
    put_target(d, p->query);
  } else if (base && keeps_path) {
    put(d, base->target + base->path_length, strlen(base->target) - base->path_length);
  }
  if (d->at - start > HTTP_LONGEST_URL)
    return too_long;
  *d->at++ = '\0';
  return NULL;
}

/* The whole. */

/* The length of the scheme at the start, without its colon; 0 when there is none (RFC 3986 3.1). */
static size_t scheme_length(struct span s)
{
  for (size_t i = 0; i < s.length; i++) {
    char c = s.data[i];
    bool letter = ascii_is_alpha(c);
    bool other = ascii_is_digit(c) || c == '+' || c == '-' || c == '.';
    if (c == ':')
      return i;
    if (!letter && (i == 0 || !other))
      break;
  }
  return 0;
}

static bool is_http(struct span scheme)
{
  return span_is_nocase(scheme, "http") || span_is_nocase(scheme, "https");
}

static bool begins_with_slashes(struct span s)
{
  return s.length >= 2 && s.data[0] == '/' && s.data[1] == '/';
}

/* What may be shown of it: a password may have any character, so nothing before the last @. */
static int refuse(struct error *e, int code, struct span text, const char *reason)
{
  const char *at = memrchr(text.data, '@', text.length);
  struct span scheme = {text.data, scheme_length(text)};
  struct span shown = at ? span_skip(text, (size_t)(at - text.data)) : text;
  bool named = at && is_http(scheme), cut = shown.length > LONGEST_QUOTED;
  return error_say(e, code, "%.*s%s%s%.*s%s: %s", named ? (int)scheme.length : 0, scheme.data,
                   named ? "://" : "", at ? "..." : "", cut ? LONGEST_QUOTED : (int)shown.length,
                   shown.data, cut ? "..." : "", reason);
}

static int refuse_scheme(struct error *e, int code, struct span text, struct span scheme)
{
  char reason[64];
  snprintf(reason, sizeof reason, "%.*s URLs are not supported",
           scheme.length > 20 ? 20 : (int)scheme.length, scheme.data);
  return refuse(e, code, text, reason);
}

/* What is wrong with the text as a whole. */
static const char *wrong_text(struct span text)
{
  if (text.length > HTTP_LONGEST_URL)
    return too_long;
  for (size_t i = 0; i < text.length; i++) {
    if (ascii_is_control(text.data[i]))
      return "a control character in the URL";
  }
  return NULL;
}

/* Takes the texts; `base` is NULL when there is none to resolve against. */
static const char *fill(struct draft *d, const struct parts *p, const struct http_url *base)
{
  if (p->authority.data) {
    const char *wrong = take_authority(d, p->authority, !base);
    return wrong ? wrong : take_target(d, p, NULL);
  }
  assert(base);    /* without one there is always an authority */
  put(d, "\0", 2); /* no user, no password */
  put(d, base->host, strlen(base->host) + 1);
  d->url.port = base->port;
  d->url.bracketed = base->bracketed;
  return take_target(d, p, base);
}

/* Makes a URL of the parts of `text`. */
static int make(struct http_url *u, bool tls, const struct parts *p, const struct http_url *base,
                struct span text, struct error *e)
{
  enum { MORE = 16 }; /* NULs, and a slash */
  size_t size = text.length * PERCENT_LENGTH + MORE;
  if (base)
    size += strlen(base->host) + strlen(base->target);
  char *memory = malloc(size);
  if (!memory)
    return error_set(e, UV_ENOMEM, "a URL");
  struct draft d = {.url = {.tls = tls}, .at = memory};
  const char *wrong = fill(&d, p, base);
  if (wrong) {
    free(memory);
    return refuse(e, UV_EINVAL, text, wrong);
  }
  set_texts(&d.url, memory);
  *u = d.url;
  return 0;
}

static bool is_https(struct span scheme)
{
  return span_is_nocase(scheme, "https");
}

int http_url_parse(struct http_url *u, struct span text, struct error *e)
{
  text = text.length > 0 ? text : span_of("");
  const char *wrong = wrong_text(text);
  if (wrong)
    return refuse(e, UV_EINVAL, text, wrong);
  struct span scheme = {text.data, scheme_length(text)}, rest = text;
  if (scheme.length > 0)
    rest = span_skip(text, scheme.length + 1);
  bool slashes = begins_with_slashes(rest);
  if (is_http(scheme)) {
    if (!slashes)
      return refuse(e, UV_EINVAL, text, no_slashes);
    rest = span_skip(rest, 2);
  } else if (scheme.length > 0 && slashes) {
    return refuse_scheme(e, UV_EINVAL, text, scheme);
  } else {
    rest = text; /* it was a host before its port, or a user before the password */
  }
  struct parts parts = split(rest, true);
  return make(u, is_https(scheme), &parts, NULL, text, e);
}

int http_url_resolve(struct http_url *u, const struct http_url *base, struct span reference,
                     struct error *e)
{
  struct span text = reference.length > 0 ? reference : span_of("");
  const char *wrong = wrong_text(text);
  if (wrong)
    return refuse(e, UV_EINVAL, text, wrong);
  struct span scheme = {text.data, scheme_length(text)}, rest = text;
  if (scheme.length > 0)
    rest = span_skip(text, scheme.length + 1);
  bool absolute = scheme.length > 0, slashes = begins_with_slashes(rest);
  if (absolute && !is_http(scheme))
    return refuse_scheme(e, UV_EPROTONOSUPPORT, text, scheme);
  if (absolute && !slashes) /* and no path of the base's scheme: RFC 3986 5.4.2 */
    return refuse(e, UV_EINVAL, text, no_slashes);
  struct parts parts = split(slashes ? span_skip(rest, 2) : rest, slashes);
  return make(u, absolute ? is_https(scheme) : base->tls, &parts, base, text, e);
}

/* Copies, with another host and another target. */
static int copy_with(struct http_url *to, const struct http_url *from, const char *host,
                     const char *target)
{
  size_t before = (size_t)(from->host - from->user), host_size = strlen(host) + 1;
  size_t target_size = strlen(target) + 1;
  char *memory = malloc(before + host_size + target_size);
  if (!memory)
    return UV_ENOMEM;
  memcpy(memory, from->user, before);
  memcpy(memory + before, host, host_size);
  memcpy(memory + before + host_size, target, target_size);
  *to = *from;
  set_texts(to, memory);
  return 0;
}

int http_url_copy(struct http_url *to, const struct http_url *from)
{
  return copy_with(to, from, from->host, from->target);
}

static int change(struct http_url *u, const char *host, const char *target)
{
  struct http_url made;
  int err = copy_with(&made, u, host, target);
  if (err)
    return err;
  free(u->memory);
  *u = made;
  return 0;
}

int http_url_set_host(struct http_url *u, const char *host)
{
  return change(u, host, u->target);
}

int http_url_add_name(struct http_url *u, const char *name)
{
  struct buffer target = {0};
  const char *query = u->target + u->path_length;
  int err = buffer_append(&target, u->target, u->path_length);
  if (!err)
    err = http_path_print(&target, name, strlen(name), false);
  size_t path_length = target.length;
  if (!err)
    err = buffer_append(&target, query, strlen(query) + 1);
  if (!err)
    err = change(u, u->host, (const char *)buffer_data(&target));
  if (!err)
    u->path_length = path_length;
  buffer_release(&target);
  return err;
}

void http_url_release(struct http_url *u)
{
  free(u->memory);
  *u = (struct http_url){0};
}
