/* URLs of http and https (RFC 3986, RFC 9110 4.2), as people type them and as servers send them in
 * Location. Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_URL_H
#define ANET_CORE_HTTP_MESSAGE_URL_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_LONGEST_URL = 64 * 1024 };

/* The default port of a scheme. */
static inline uint16_t http_default_port(bool tls)
{
  return tls ? 443 : 80;
}

/* Every text is NUL-terminated and the URL's own. All zero is none. */
struct http_url {
  bool tls;       /* https */
  bool bracketed; /* the host is an IPv6 address, and stands in brackets where a port may follow */
  bool has_user;  /* there is user information, maybe empty */
  uint16_t port;  /* 80 or 443 when there is none */
  char *user, *password; /* decoded; empty for what is missing */
  char *host;   /* decoded, ASCII letters in lower case, without brackets, with a zone behind %
                 * (`fe80::1%eth0`);   UTF-8 for names that must go through IDNA (http_url_set_host)
                 * before they are sent */
  char *target; /* the path and its query as they go on the wire: begins with a slash, or with `*`
                 * alone; no fragment */
  size_t path_length; /* of the target, up to its query */
  void *memory;
};

/* Parses `[http://]...`: without a scheme it is http. White space and control characters are
 * refused, except that a space in path and query becomes %20. Every other byte there that no
 * target may have (quotes, UTF-8) is escaped, too. Escapes stay as they are, even malformed ones;
 * dot segments are removed (5.2.4). An empty path is `/`. A backslash before the path is refused,
 * since some take it for a slash. 0; UV_EINVAL, with an error that says what is wrong and quotes
 * `text` (only from its last @ on, since a password may stand before it); or UV_ENOMEM. Release `u`
 * only after 0. */
int http_url_parse(struct http_url *u, struct span text, struct error *e);

/* Resolves a reference, absolute or not, against `base` (5.2), for Location: another scheme than
 * http and https is UV_EPROTONOSUPPORT. User information is ignored, that of `base` too: ask
 * http_url_same_origin whether it may be sent on. Otherwise as above. */
int http_url_resolve(struct http_url *u, const struct http_url *base, struct span reference,
                     struct error *e);

/* Copies. 0 or UV_ENOMEM. */
int http_url_copy(struct http_url *to, const struct http_url *from);

/* Replaces the host, by what IDNA made of it. 0 or UV_ENOMEM. */
int http_url_set_host(struct http_url *u, const char *host);

/* Appends a name, escaped, to a path that ends in a slash. 0 or UV_ENOMEM. */
int http_url_add_name(struct http_url *u, const char *name);

/* Appends the value of Host (RFC 9110 7.2): the host, in brackets where needed, without the zone of
 * a link-local address, and the port unless it is the scheme's own. 0 or UV_ENOMEM. */
int http_url_print_authority(struct buffer *out, const struct http_url *u);

/* Appends all of it without user information: to show it, and as the absolute-form for a proxy
 * (RFC 9112 3.2.2). 0 or UV_ENOMEM. */
int http_url_print(struct buffer *out, const struct http_url *u);

/* Same scheme, host and port (RFC 9110 4.3.1). */
bool http_url_same_origin(const struct http_url *a, const struct http_url *b);

/* Appends a name for a file: the last segment of the path, decoded; undecoded if it would contain a
 * slash, NUL, a control character or ill-formed UTF-8; `index.html` if it is empty. Never `.`, `..`
 * or a name with a slash. 0 or UV_ENOMEM. */
int http_url_print_file_name(struct buffer *out, const struct http_url *u);

/* Frees it; all zero afterwards. */
void http_url_release(struct http_url *u);

#endif
