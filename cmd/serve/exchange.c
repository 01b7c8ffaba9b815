#include "cmd/serve/exchange.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <uv.h>

struct serve_exchange *serve_exchange_of(struct http_exchange *c)
{
  struct serve_exchange *x = c->context;
  if (!x) {
    c->context = x = calloc(1, sizeof *x);
    if (x)
      x->exchange = c;
  }
  return x;
}

void serve_error(struct http_exchange *c, const char *path, int err)
{
  switch (err) {
  case UV_ENOENT:
  case UV_ENOTDIR:
  case UV_EISDIR:
  case UV_ELOOP:
  case UV_ENAMETOOLONG:
    http_respond_error(c, 404, "Nothing is there under that name");
    return;
  case UV_EACCES:
  case UV_EPERM:
    http_respond_error(c, 403, "The server may not read it");
    return;
  case UV_EMFILE:
  case UV_ENFILE:
  case UV_ENOMEM:
    log_error("open %s: %s", path, error_words(err));
    http_respond_error(c, 503, "The server is short of memory or descriptors");
    return;
  default:
    log_error("open %s: %s", path, error_words(err));
    http_respond_error(c, 500, "The server could not read it");
  }
}
