#include "core/http/message/authority.h"

#include "core/http/message/character.h"
#include "core/http/message/fields.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

static bool is_port(struct span s)
{
  uint64_t port;
  return s.length == 0 || (http_parse_number(s, &port) && port <= UINT16_MAX);
}

/* reg-name, which the digits and dots of an IPv4 address are too (RFC 3986 3.2.2). */
static bool is_reg_name(const char *s, const char *end)
{
  if (s == end)
    return false;
  for (;;) {
    s = http_skip(s, end, HTTP_IN_REG_NAME);
    if (s == end)
      return true;
    if (*s != '%' || end - s < 3 || !http_is(s[1], HTTP_HEX_DIGIT) ||
        !http_is(s[2], HTTP_HEX_DIGIT))
      return false;
    s += 3;
  }
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), without the brackets. */
static bool is_ipvfuture(const char *s, const char *end)
{
  if (s == end || (*s != 'v' && *s != 'V'))
    return false;
  const char *dot = http_skip(++s, end, HTTP_HEX_DIGIT);
  if (dot == s || end - dot < 2 || *dot != '.')
    return false;
  for (s = dot + 1; s < end; s++) {
    if (*s != ':' && !http_is(*s, HTTP_IN_REG_NAME))
      return false;
  }
  return true;
}

bool http_is_ipv6(struct span s)
{
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  if (s.length >= sizeof text || memchr(s.data, '\0', s.length))
    return false;
  memcpy(text, s.data, s.length);
  text[s.length] = '\0';
  return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_literal(const char *s, const char *end)
{
  return http_is_ipv6(span_between(s, end)) || is_ipvfuture(s, end);
}

bool http_parse_authority(struct span s, struct span *port)
{
  if (s.length == 0)
    return false;
  const char *from = s.data, *end = from + s.length, *colon;
  *port = (struct span){NULL, 0};
  if (*from == '[') {
    const char *bracket = memchr(from, ']', s.length);
    if (!bracket || !is_literal(from + 1, bracket))
      return false;
    colon = bracket + 1;
    if (colon == end)
      return true;
    if (*colon != ':')
      return false;
  } else {
    colon = memchr(from, ':', s.length);
    if (!is_reg_name(from, colon ? colon : end))
      return false;
    if (!colon)
      return true;
  }
  *port = span_between(colon + 1, end);
  return is_port(*port);
}

bool http_is_authority(struct span s)
{
  struct span port;
  return http_parse_authority(s, &port);
}
