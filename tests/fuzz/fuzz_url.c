/* URLs, from any bytes: what is taken is fit to be sent, and is the same when it is printed and
 * read again. The first line is a base, what follows it a reference. */
#include "core/base/utf8.h"
#include "core/http/message/authority.h"
#include "core/http/message/character.h"
#include "core/http/message/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

static void check(bool right)
{
  if (!right)
    abort();
}

static bool is_utf8(const char *s, size_t n)
{
  uint32_t c;
  for (size_t i = 0, length; i < n; i += length) {
    length = utf8_decode(s + i, n - i, &c);
    if (length == 0)
      return false;
  }
  return true;
}

static bool has_control(const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if ((uint8_t)s[i] < 0x20 || s[i] == 0x7f)
      return true;
  }
  return false;
}

static void check_target(const struct http_url *u)
{
  const char *s = u->target;
  size_t n = strlen(s);
  check(*s == '/' && n <= HTTP_LONGEST_URL && u->path_length == strcspn(s, "?"));
  for (size_t i = 0; i < n; i++)
    check(http_is(s[i], HTTP_IN_REG_NAME) || strchr(":@/?%", s[i]));
  for (size_t i = 0; i < u->path_length;) {
    size_t length = strcspn(s + i + 1, "/?");
    struct span segment = {s + i + 1, length};
    check(!span_is(segment, ".") && !span_is(segment, ".."));
    i += 1 + length;
  }
}

static void check_host(const struct http_url *u)
{
  size_t n = strlen(u->host);
  check(n > 0 && is_utf8(u->host, n) && !has_control(u->host, n));
  check(u->bracketed || !strpbrk(u->host, " /?#@\\:%[]"));
  for (size_t i = 0, stop = strcspn(u->host, "%"); i < stop; i++)
    check(u->host[i] < 'A' || u->host[i] > 'Z');
  check(u->port != 0);

  struct buffer out = {0};
  bool ascii = true;
  for (size_t i = 0; i < n; i++)
    ascii = ascii && (uint8_t)u->host[i] < 0x80;
  check(http_url_print_authority(&out, u) == 0);
  check(!ascii || http_is_authority((struct span){(const char *)buffer_data(&out), out.length}));
  buffer_release(&out);
}

static void check_file_name(const struct http_url *u)
{
  struct buffer out = {0};
  check(http_url_print_file_name(&out, u) == 0 && out.length > 0);
  struct span name = {(const char *)buffer_data(&out), out.length};
  check(!span_is(name, ".") && !span_is(name, "..") && !memchr(name.data, '/', name.length));
  check(is_utf8(name.data, name.length) && !has_control(name.data, name.length));
  buffer_release(&out);
}

static bool same(const struct http_url *a, const struct http_url *b)
{
  return http_url_same_origin(a, b) && a->bracketed == b->bracketed &&
         a->path_length == b->path_length && strcmp(a->target, b->target) == 0;
}

/* Printed and read again, alone and as a reference. */
static void check_printed(const struct http_url *u)
{
  struct buffer out = {0};
  struct http_url again;
  check(http_url_print(&out, u) == 0);
  struct span text = {(const char *)buffer_data(&out), out.length};
  if (text.length <= HTTP_LONGEST_URL && !(u->bracketed && strchr(u->host, '%'))) {
    check(http_url_parse(&again, text, NULL) == 0 && same(u, &again) && !again.has_user);
    http_url_release(&again);
    check(http_url_resolve(&again, u, text, NULL) == 0 && same(u, &again));
    http_url_release(&again);
  }
  buffer_release(&out);
}

static void check_copy(const struct http_url *u)
{
  struct http_url copy;
  check(http_url_copy(&copy, u) == 0 && copy.memory != u->memory && same(u, &copy));
  check(strcmp(copy.user, u->user) == 0 && strcmp(copy.password, u->password) == 0);
  check(http_url_set_host(&copy, "other") == 0 && strcmp(copy.host, "other") == 0);
  check(strcmp(copy.target, u->target) == 0 && strcmp(copy.password, u->password) == 0);
  http_url_release(&copy);
  check(!copy.memory);
}

static void check_url(const struct http_url *u)
{
  check(!has_control(u->user, strlen(u->user)) && !has_control(u->password, strlen(u->password)));
  check(u->has_user || (!*u->user && !*u->password));
  check_host(u);
  check_target(u);
  check_file_name(u);
  check_printed(u);
  check_copy(u);
}

/* The error is a line, and tells nothing that stands before an @ but the scheme. */
static void check_error(const struct error *e, int code, struct span text)
{
  size_t n = strlen(e->text);
  check(e->code == code && n > 0 && n + 1 < sizeof e->text);
  check(is_utf8(e->text, n) && !has_control(e->text, n));
  if (!memrchr(text.data, '@', text.length))
    return;
  const char *shown = e->text;
  if (strncasecmp(shown, "http://", 7) == 0 || strncasecmp(shown, "https://", 8) == 0)
    shown = strstr(shown, "//") + 2;
  check(strncmp(shown, "...@", 4) == 0);
}

static void check_resolved(const struct http_url *base, struct span reference)
{
  struct error e;
  struct http_url u, empty;
  int err = http_url_resolve(&u, base, reference, &e);
  if (err) {
    check(err == UV_EINVAL || err == UV_EPROTONOSUPPORT);
    check_error(&e, err, reference);
    return;
  }
  check(!u.has_user);
  check_url(&u);
  check(http_url_resolve(&empty, &u, (struct span){"", 0}, NULL) == 0 && same(&u, &empty));
  http_url_release(&empty);
  http_url_release(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
  const char *data = (const char *)input;
  const char *newline = n > 0 ? memchr(data, '\n', n) : NULL;
  struct span text = {n > 0 ? data : "", newline ? (size_t)(newline - data) : n};
  struct error e;
  struct http_url u;
  int err = http_url_parse(&u, text, &e);
  if (err) {
    check(err == UV_EINVAL);
    check_error(&e, err, text);
    return 0;
  }
  check_url(&u);
  if (newline)
    check_resolved(&u, (struct span){newline + 1, n - text.length - 1});
  http_url_release(&u);
  return 0;
}
