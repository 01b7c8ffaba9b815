/* The text of an address, and socket addresses back to text. Knows no loop and asks no resolver. */
#ifndef ANET_CORE_NET_ADDRESS_H
#define ANET_CORE_NET_ADDRESS_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum address_kind {
  ADDRESS_ANY,     /* every interface: `:PORT`, `*:PORT` */
  ADDRESS_NUMERIC, /* an IP address: `sockaddr` is filled */
  ADDRESS_NAME,    /* a name to be resolved */
  ADDRESS_UNIX,    /* a socket in the file system or, with `unix:@`, the abstract one */
};

enum {
  ADDRESS_LONGEST_NAME = 253, /* RFC 1035 2.3.4, as text */
  ADDRESS_LONGEST_PATH = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
  ADDRESS_TEXT_SIZE = sizeof(struct sockaddr_un) * 4, /* a path, each byte escaped, fits */
  ADDRESS_NO_PORT = -1,
};

struct address {
  enum address_kind kind;
  bool udp, tls;                       /* the prefixes `udp:` and `tls:` */
  char name[ADDRESS_LONGEST_NAME + 1]; /* ADDRESS_NAME */
  uint16_t port;
  socklen_t size; /* of sockaddr; 0 for ADDRESS_NAME and ADDRESS_ANY */
  struct sockaddr_storage sockaddr;
};

/* Reads `[udp:][tls:]PORT`, `:PORT`, `*:PORT`, `IPV4:PORT`, `[IPV6]:PORT`, `NAME:PORT`,
 * `unix:PATH` or `unix:@NAME`. `default_port` stands in for a port that is left out (`NAME`,
 * `IPV4`, `[IPV6]`); with ADDRESS_NO_PORT it must be there. A bare PORT is 127.0.0.1's. 0, or
 * UV_EINVAL with an error that quotes `text` and says what is wrong with it. */
int address_parse(struct address *a, const char *text, int default_port, struct error *e);

/* The same for a host and a port that come apart, without prefixes and brackets; one with a colon
 * is an IPv6 address. Every interface is the name of no host. 0, or UV_EINVAL with an error. */
int address_from_host(struct address *a, const char *host, uint16_t port, struct error *e);

/* Where a client connects that was told to connect to every interface: this machine's loopback. */
void address_to_connect(struct address *a);

/* `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@name` (escaped), or `unix:` for a socket
 * without a name. An IPv4 address mapped into IPv6 is shown as IPv4. Into `out` of at least
 * ADDRESS_TEXT_SIZE bytes; returns `out`. */
const char *address_format(char *out, const struct sockaddr *sa, socklen_t size);

/* The same without port and brackets: `127.0.0.1`, `::1`, `unix:/path`. */
const char *address_format_host(char *out, const struct sockaddr *sa, socklen_t size);

#endif
