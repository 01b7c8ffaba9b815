#include "cmd/fetch/proxy.h"

#include "core/base/ascii.h"
#include "core/base/buffer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* The IP address of a host; `family` 0 for a name. */
struct ip {
  int family;
  uint8_t bytes[16];
};

/* An entry of no_proxy. */
struct exemption {
  struct span host; /* without brackets */
  struct span bits; /* after a slash; data is NULL without one */
  struct span port; /* after a colon; the same */
};

static const char *find(struct span s, char c)
{
  return s.length ? memchr(s.data, c, s.length) : NULL;
}

/* A decimal number up to `most`. */
static bool read_number(struct span s, unsigned most, unsigned *number)
{
  *number = 0;
  for (size_t i = 0; i < s.length; i++) {
    if (!ascii_is_digit(s.data[i]))
      return false;
    *number = *number * 10 + (unsigned)(s.data[i] - '0');
    if (*number > most)
      return false;
  }
  return s.length > 0;
}

/* An IPv4-mapped IPv6 address becomes the IPv4 address. A zone is ignored: it names the interface,
 * not the host. */
static struct ip read_ip(struct span s)
{
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  struct ip ip = {.family = 0};
  char text[INET6_ADDRSTRLEN];
  const char *zone = find(s, '%');
  size_t n = zone && find(s, ':') ? (size_t)(zone - s.data) : s.length;
  if (n >= sizeof text)
    return ip;
  memcpy(text, s.data, n);
  text[n] = '\0';
  if (inet_pton(AF_INET, text, ip.bytes) == 1) {
    ip.family = AF_INET;
  } else if (inet_pton(AF_INET6, text, ip.bytes) == 1) {
    ip.family = AF_INET6;
    if (memcmp(ip.bytes, mapped, sizeof mapped) == 0) {
      ip.family = AF_INET;
      memmove(ip.bytes, ip.bytes + sizeof mapped, 4);
    }
  }
  return ip;
}

/* Reads `HOST`, `HOST:PORT`, `IP/BITS` or `IP/BITS:PORT`. An IPv6 address directly before a port is
 * in brackets. False for anything else. */
static bool read_exemption(struct span s, struct exemption *m)
{
  const char *end = s.data + s.length, *rest;
  *m = (struct exemption){.host = s};
  if (*s.data == '[') {
    const char *bracket = find(s, ']');
    if (!bracket)
      return false;
    m->host = span_between(s.data + 1, bracket);
    rest = bracket + 1;
  } else {
    const char *slash = find(s, '/'), *colon = find(s, ':');
    if (!slash && colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
      colon = NULL; /* an IPv6 address */
    rest = slash ? slash : colon ? colon : end;
    m->host = span_between(s.data, rest);
  }
  if (rest < end && *rest == '/') {
    const char *colon = find(span_between(rest, end), ':');
    m->bits = span_between(rest + 1, colon ? colon : end);
    rest = colon ? colon : end;
  }
  if (rest == end)
    return true;
  m->port = span_between(rest + 1, end);
  return *rest == ':';
}

static bool port_matches(const struct exemption *m, uint16_t port)
{
  unsigned number;
  return !m->port.data || (read_number(m->port, UINT16_MAX, &number) && number == port);
}

static bool ip_matches(const struct ip *host, const struct exemption *m)
{
  struct ip network = read_ip(m->host);
  unsigned bits = host->family == AF_INET ? 32 : 128;
  if (network.family != host->family || (m->bits.data && !read_number(m->bits, bits, &bits)))
    return false;
  unsigned whole = bits / 8, left = bits % 8;
  if (memcmp(host->bytes, network.bytes, whole) != 0)
    return false;
  return left == 0 || (host->bytes[whole] ^ network.bytes[whole]) >> (8 - left) == 0;
}

/* A final dot marks a name as complete and is not part of it. */
static struct span without_last_dot(struct span s)
{
  if (s.length > 0 && s.data[s.length - 1] == '.')
    s.length--;
  return s;
}

/* The domain itself, or a name below it. */
static bool name_matches(struct span host, struct span domain)
{
  host = without_last_dot(host);
  domain = without_last_dot(domain);
  if (domain.length > 0 && *domain.data == '.')
    domain = span_between(domain.data + 1, domain.data + domain.length);
  if (domain.length == 0 || domain.length > host.length)
    return false;
  const char *tail = host.data + host.length - domain.length;
  if (strncasecmp(tail, domain.data, domain.length) != 0)
    return false;
  return tail == host.data || tail[-1] == '.';
}

static bool exemption_matches(struct span text, const struct http_url *u)
{
  struct exemption m;
  if (!read_exemption(text, &m) || !port_matches(&m, u->port))
    return false;
  if (span_is(m.host, "*"))
    return !m.bits.data;
  struct span host = span_of(u->host);
  struct ip ip = read_ip(host);
  if (ip.family)
    return ip_matches(&ip, &m);
  return !m.bits.data && name_matches(host, m.host);
}

bool proxy_is_exempt(const struct http_url *u, const char *no_proxy)
{
  static const char between[] = ", \t";
  while (no_proxy && *(no_proxy += strspn(no_proxy, between))) {
    size_t n = strcspn(no_proxy, between);
    if (exemption_matches(span_between(no_proxy, no_proxy + n), u))
      return true;
    no_proxy += n;
  }
  return false;
}

/* The value and name of the first variable that is not empty; NULL if all are. */
static const char *first_of(const char *const *names, const char **name)
{
  for (; *names; names++) {
    const char *value = getenv(*names);
    if (value && *value) {
      *name = *names;
      return value;
    }
  }
  return NULL;
}

/* Refuses a proxy that is not http, without quoting the value, which may hold a password. */
static int check_scheme(const char *value, const char *name, struct error *e)
{
  const char *end = strstr(value, "://");
  if (!end)
    return 0;
  struct span scheme = span_between(value, end);
  if (span_is_nocase(scheme, "http"))
    return 0;
  static const char *const known[] = {"https", "socks", "socks4", "socks4a", "socks5", "socks5h"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (span_is_nocase(scheme, known[i]))
      return error_say(e, UV_EINVAL, "%s: %s:// proxies are not supported", name, known[i]);
  }
  return error_say(e, UV_EINVAL, "%s: not an http proxy URL", name);
}

int proxy_for(struct http_url *proxy, const struct http_url *u, struct error *e)
{
  static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
  static const char *const tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
  static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
  const char *name;
  const char *value = first_of(u->tls ? tls : plain, &name);
  if (!value)
    return 0;
  const char *unused;
  if (proxy_is_exempt(u, first_of(none, &unused)))
    return 0;
  int err = check_scheme(value, name, e);
  if (err)
    return err;
  /* The parser's error would quote the value, which may hold a password. */
  err = http_url_parse(proxy, span_of(value), NULL);
  if (err == UV_EINVAL)
    return error_say(e, err, "%s: not an http proxy URL", name);
  return err ? error_set(e, err, "%s", name) : 1;
}

void proxy_blame(struct error *e, const struct http_url *proxy)
{
  static const char connect[] = "connect ";
  struct buffer name = {0};
  char text[sizeof e->text];
  int code = e->code;
  snprintf(text, sizeof text, "%s", e->text);
  if (buffer_printf(&name, "%s%s%s:%u", proxy->bracketed ? "[" : "", proxy->host,
                    proxy->bracketed ? "]" : "", (unsigned)proxy->port) == 0 &&
      buffer_append(&name, "", 1) == 0) {
    const char *authority = (const char *)buffer_data(&name), *rest = text;
    size_t n = strlen(authority);
    bool twice = strncmp(text, connect, strlen(connect)) == 0 &&
                 strncmp(text + strlen(connect), authority, n) == 0 &&
                 text[strlen(connect) + n] == ':';
    if (twice) /* the address is named already */
      rest += strlen(connect) + n;
    error_say(e, code, "proxy %.260s: %s%s", authority, twice ? "connect" : "", rest);
  }
  buffer_release(&name);
}
