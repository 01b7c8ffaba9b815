#include "core/net/address.h"

#include "core/base/escape.h"
#include "core/base/numeric_host.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static bool take_prefix(const char **text, const char *prefix)
{
  size_t n = strlen(prefix);
  if (strncmp(*text, prefix, n) != 0)
    return false;
  *text += n;
  return true;
}

static bool all_digits(const char *s)
{
  return *s && s[strspn(s, "0123456789")] == '\0';
}

static int bad(const char *whole, struct error *e, const char *why)
{
  bool is_long = strlen(whole) > 100;
  return error_say(e, UV_EINVAL, "address '%.100s%s': %s", whole, is_long ? "..." : "", why);
}

static int parse_port(const char *s, uint16_t *port)
{
  if (!all_digits(s) || strlen(s) > 5 || atoi(s) > UINT16_MAX)
    return UV_EINVAL;
  *port = (uint16_t)atoi(s);
  return 0;
}

static int parse_unix(struct address *a, const char *path, const char *whole, struct error *e)
{
  size_t n = strlen(path);
  bool abstract = path[0] == '@';
  struct sockaddr_un *un = (struct sockaddr_un *)&a->sockaddr;
  if (n == 0 || (abstract && n == 1))
    return bad(whole, e, "the path is missing");
  size_t most = ADDRESS_LONGEST_PATH + abstract; /* an abstract name has no NUL behind it */
  if (n > most)
    return error_say(e, UV_EINVAL, "address '%.40s...': a unix path has at most %d bytes, not %zu",
                     whole, (int)ADDRESS_LONGEST_PATH, n - abstract);
  a->kind = ADDRESS_UNIX;
  un->sun_family = AF_UNIX;
  memcpy(un->sun_path, path, n); /* the rest is zero */
  a->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (abstract ? 0 : 1));
  if (abstract)
    un->sun_path[0] = '\0';
  return 0;
}

static bool parse_ipv4(struct address *a, const char *host)
{
  struct sockaddr_in *in = (struct sockaddr_in *)&a->sockaddr;
  if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
    return false;
  in->sin_family = AF_INET;
  in->sin_port = htons(a->port);
  a->size = sizeof *in;
  a->kind = ADDRESS_NUMERIC;
  return true;
}

/* With a zone, `fe80::1%eth0` (RFC 4007 11). */
static bool parse_ipv6(struct address *a, const char *host)
{
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sockaddr;
  char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  if (strlen(host) >= sizeof copy)
    return false;
  strcpy(copy, host);
  char *zone = strchr(copy, '%');
  if (zone) {
    *zone++ = '\0';
    in6->sin6_scope_id =
        all_digits(zone) ? (uint32_t)strtoul(zone, NULL, 10) : if_nametoindex(zone);
    if (in6->sin6_scope_id == 0)
      return false;
  }
  if (inet_pton(AF_INET6, copy, &in6->sin6_addr) != 1)
    return false;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(a->port);
  a->size = sizeof *in6;
  a->kind = ADDRESS_NUMERIC;
  return true;
}

/* Letters, digits, hyphens, dots and underscores, or UTF-8, which the resolver turns into IDNA. */
static const char *bad_name(const char *host)
{
  size_t n = strlen(host);
  if (n == 0)
    return "the host is missing";
  if (n > ADDRESS_LONGEST_NAME)
    return "a host name has at most 253 bytes";
  if (host[0] == '-')
    return "a host name cannot begin with a hyphen"; /* RFC 952 */
  for (const char *s = host; *s; s++) {
    if ((unsigned char)*s <= ' ' || *s == 0x7f || strchr("/:[]@%?#,\"'\\<>{}|^`", *s))
      return "a host name cannot have such a character";
  }
  /* inet_aton's short, octal and hexadecimal forms, `127.1`, surprise more often than they help. */
  return numeric_host_is(span_of(host)) ? "not an IPv4 address" : NULL;
}

static int parse_host(struct address *a, const char *host, bool bracketed, const char *whole,
                      struct error *e)
{
  if (bracketed)
    return parse_ipv6(a, host) ? 0 : bad(whole, e, "not an IPv6 address");
  if (strcmp(host, "*") == 0 || host[0] == '\0') {
    a->kind = ADDRESS_ANY;
    return 0;
  }
  if (parse_ipv4(a, host))
    return 0;
  const char *why = bad_name(host);
  if (why)
    return bad(whole, e, why);
  a->kind = ADDRESS_NAME;
  strcpy(a->name, host);
  return 0;
}

/* Splits `HOST:PORT` into its parts; `*port` is NULL when there is none. */
static const char *split(char *text, char **host, char **port, bool *bracketed)
{
  *bracketed = text[0] == '[';
  if (*bracketed) {
    char *end = strchr(text, ']');
    if (!end)
      return "the closing bracket is missing";
    *host = text + 1;
    *end++ = '\0';
    if (*end && *end != ':')
      return "after the bracket comes :PORT";
    *port = *end ? end + 1 : NULL;
    return NULL;
  }
  char *colon = strchr(text, ':');
  if (colon && strchr(colon + 1, ':'))
    return "an IPv6 address is written in brackets, [::1]:PORT";
  *host = text;
  *port = colon ? colon + 1 : NULL;
  if (colon)
    *colon = '\0';
  return NULL;
}

int address_parse(struct address *a, const char *text, int default_port, struct error *e)
{
  const char *whole = text;
  *a = (struct address){0};
  a->udp = take_prefix(&text, "udp:");
  a->tls = take_prefix(&text, "tls:");
  if (take_prefix(&text, "unix:"))
    return parse_unix(a, text, whole, e);
  if (*text == '\0')
    return bad(whole, e, "it is empty");

  char copy[512];
  char *host, *port;
  bool bracketed;
  if (strlen(text) >= sizeof copy)
    return error_say(e, UV_EINVAL, "address '%.40s...': it is too long", whole);
  strcpy(copy, text);

  if (all_digits(copy)) {
    if (parse_port(copy, &a->port))
      return bad(whole, e, "a port is a number from 0 to 65535");
    parse_ipv4(a, "127.0.0.1");
    return 0;
  }
  const char *why = split(copy, &host, &port, &bracketed);
  if (why)
    return bad(whole, e, why);
  if (!port && default_port == ADDRESS_NO_PORT)
    return bad(whole, e, "the port is missing, as in NAME:PORT");
  if (port && parse_port(port, &a->port))
    return bad(whole, e, "a port is a number from 0 to 65535");
  if (!port)
    a->port = (uint16_t)default_port;
  return parse_host(a, host, bracketed, whole, e);
}

int address_from_host(struct address *a, const char *host, uint16_t port, struct error *e)
{
  *a = (struct address){.port = port};
  int err = parse_host(a, host, strchr(host, ':') != NULL, host, e);
  return !err && a->kind == ADDRESS_ANY ? bad(host, e, "the name of no host") : err;
}

void address_to_connect(struct address *a)
{
  if (a->kind == ADDRESS_ANY)
    parse_ipv4(a, "127.0.0.1");
}

static void format_unix(char *out, const struct sockaddr_un *un, socklen_t size)
{
  size_t n = size > offsetof(struct sockaddr_un, sun_path)
                 ? size - offsetof(struct sockaddr_un, sun_path)
                 : 0;
  strcpy(out, "unix:");
  if (n > 0 && un->sun_path[0] == '\0') {
    strcat(out, "@");
    escape_to(out + 6, ADDRESS_TEXT_SIZE - 6, un->sun_path + 1, n - 1);
  } else if (n > 0) {
    escape_to(out + 5, ADDRESS_TEXT_SIZE - 5, un->sun_path, strnlen(un->sun_path, n));
  }
}

static void format_ipv6(char *out, const struct sockaddr_in6 *in6)
{
  char zone[IF_NAMESIZE] = "";
  if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
    inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, out, INET_ADDRSTRLEN);
    return;
  }
  inet_ntop(AF_INET6, &in6->sin6_addr, out, INET6_ADDRSTRLEN);
  if (in6->sin6_scope_id && !if_indextoname(in6->sin6_scope_id, zone))
    snprintf(zone, sizeof zone, "%u", in6->sin6_scope_id);
  if (zone[0])
    sprintf(out + strlen(out), "%%%s", zone);
}

/* Writes the host; returns the port, or ADDRESS_NO_PORT for what has none. */
static int format_host(char *out, const struct sockaddr *sa, socklen_t size)
{
  if (size >= sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
    inet_ntop(AF_INET, &in->sin_addr, out, INET_ADDRSTRLEN);
    return ntohs(in->sin_port);
  }
  if (size >= sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
    format_ipv6(out, in6);
    return ntohs(in6->sin6_port);
  }
  format_unix(out, (const struct sockaddr_un *)sa, size);
  return ADDRESS_NO_PORT;
}

const char *address_format_host(char *out, const struct sockaddr *sa, socklen_t size)
{
  format_host(out, sa, size);
  return out;
}

const char *address_format(char *out, const struct sockaddr *sa, socklen_t size)
{
  int port = format_host(out, sa, size);
  if (port == ADDRESS_NO_PORT)
    return out;
  size_t n = strlen(out);
  if (strchr(out, ':')) {
    memmove(out + 1, out, n);
    out[0] = '[';
    out[n + 1] = ']';
    n += 2;
  }
  sprintf(out + n, ":%d", port);
  return out;
}
