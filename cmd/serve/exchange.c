#include "cmd/serve/exchange.h"

#include "core/base/log.h"

#include <stdlib.h>
#include <uv.h>

struct serve_exchange *serve_exchange_of(struct http_exchange *x)
{
  struct serve_exchange *own = x->context;
  if (!own) {
    x->context = own = calloc(1, sizeof *own);
    if (own)
      own->exchange = x;
  }
  return own;
}

void serve_error(struct http_exchange *x, const char *path, int err)
{
  switch (err) {
  case UV_ENOENT:
  case UV_ENOTDIR:
  case UV_EISDIR:
  case UV_ELOOP:
  case UV_ENAMETOOLONG:
    http_respond_error(x, 404, "there is nothing with that name");
    return;
  case UV_EACCES:
  case UV_EPERM:
    http_respond_error(x, 403, "the server has no permission to read it");
    return;
  case UV_EMFILE:
  case UV_ENFILE:
  case UV_ENOMEM:
    log_error("open %s: %s", path, error_words(err));
    http_respond_error(x, 503, "the server is out of memory or descriptors");
    return;
  default:
    log_error("open %s: %s", path, error_words(err));
    http_respond_error(x, 500, "the server could not read it");
  }
}
