#include "cmd/serve/announce.h"

#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/os/socket.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { URL_SIZE = ADDRESS_TEXT_SIZE + 32 };

struct announcement {
  const char *scheme, *what;
};

static void say(const struct announcement *s, const char *url)
{
  struct buffer line = {0};
  if (log_is_json()) {
    struct log_field fields[] = {
        {.name = "path", .text = s->what}, {.name = "url", .text = url}, {0}};
    log_event(LOG_INFO, "serving", fields);
    return;
  }
  if (escape_text(&line, s->what, strlen(s->what), ESCAPE_LINE) == 0 &&
      buffer_append(&line, "", 1) == 0) {
    struct log_field fields[] = {{.name = "at", .text = url}, {0}};
    log_event(LOG_INFO, (const char *)buffer_data(&line), fields);
  }
  buffer_release(&line);
}

/* `address` is as address_format gives it. */
static void say_address(const struct announcement *s, const char *address)
{
  char url[URL_SIZE];
  if (strncmp(address, "unix:", 5) == 0)
    snprintf(url, sizeof url, "%s", address);
  else
    snprintf(url, sizeof url, "%s://%s/", s->scheme, address);
  say(s, url);
}

static void say_ipv4(const struct announcement *s, struct in_addr address, in_port_t port)
{
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port, .sin_addr = address};
  char text[ADDRESS_TEXT_SIZE];
  say_address(s, address_format(text, (struct sockaddr *)&in, sizeof in));
}

static void say_ipv6(const struct announcement *s, struct in6_addr address, in_port_t port)
{
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = address};
  char text[ADDRESS_TEXT_SIZE];
  say_address(s, address_format(text, (struct sockaddr *)&in6, sizeof in6));
}

/* 169.254.0.0/16 (RFC 3927 2.1). */
static bool is_link_local(struct in_addr address)
{
  return ntohl(address.s_addr) >> 16 == 0xa9fe;
}

/* The families and the port of a listener on every interface. */
struct everywhere {
  bool ipv4, ipv6;
  in_port_t port;
};

static void say_interface(const struct announcement *s, const struct everywhere *all,
                          const struct ifaddrs *i)
{
  if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
    return;
  if (i->ifa_addr->sa_family == AF_INET && all->ipv4) {
    struct in_addr address = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
    if (!is_link_local(address))
      say_ipv4(s, address, all->port);
  }
  if (i->ifa_addr->sa_family == AF_INET6 && all->ipv6) {
    struct in6_addr address = ((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
    if (!IN6_IS_ADDR_LINKLOCAL(&address))
      say_ipv6(s, address, all->port);
  }
}

static void say_everywhere(const struct announcement *s, const struct everywhere *all)
{
  struct ifaddrs *interfaces;
  if (all->ipv4)
    say_ipv4(s, (struct in_addr){htonl(INADDR_LOOPBACK)}, all->port);
  else
    say_ipv6(s, in6addr_loopback, all->port);
  if (getifaddrs(&interfaces) < 0)
    return; /* the loopback has been logged; the others are a courtesy */
  for (const struct ifaddrs *i = interfaces; i; i = i->ifa_next)
    say_interface(s, all, i);
  freeifaddrs(interfaces);
}

static bool is_ipv6_only(int fd)
{
  int only = 0;
  socklen_t size = sizeof only;
  return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only;
}

/* Whether the listener is on every interface. */
static bool is_everywhere(const struct listener *l, struct everywhere *all)
{
  struct sockaddr_storage sa;
  socklen_t size;
  const struct sockaddr_in *in = (const struct sockaddr_in *)&sa;
  const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&sa;
  if (socket_name(l->d.fd, &sa, &size))
    return false;
  if (sa.ss_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_ANY)) {
    *all = (struct everywhere){.ipv4 = true, .port = in->sin_port};
    return true;
  }
  if (sa.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) {
    *all =
        (struct everywhere){.ipv4 = !is_ipv6_only(l->d.fd), .ipv6 = true, .port = in6->sin6_port};
    return true;
  }
  return false;
}

void announce_urls(const struct server *s, const char *scheme, const char *what)
{
  const struct announcement a = {scheme, what};
  if (!log_enabled(LOG_INFO))
    return;
  for (const struct list *node = s->listeners.next; node != &s->listeners; node = node->next) {
    const struct listener *l = container_of(node, struct listener, link);
    struct everywhere all;
    if (is_everywhere(l, &all))
      say_everywhere(&a, &all);
    else
      say_address(&a, l->name);
  }
}
