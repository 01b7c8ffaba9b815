#include "cmd/fetch/redirect.h"

#include <string.h>
#include <uv.h>

bool redirect_is_one(const struct http_response *r)
{
  bool status = r->status == 301 || r->status == 302 || r->status == 303 || r->status == 307 ||
                r->status == 308;
  struct span location = http_field(&r->fields, HTTP_LOCATION);
  return status && (location.length > 0 || r->fields.repeated >> HTTP_LOCATION & 1);
}

static bool locations_differ(const struct http_fields *f)
{
  struct span first = http_field(f, HTTP_LOCATION);
  for (size_t i = 0; i < f->count; i++) {
    struct span other = http_field_at(f, i)->value;
    if (http_field_at(f, i)->id == HTTP_LOCATION &&
        (other.length != first.length || memcmp(other.data, first.data, first.length) != 0))
      return true;
  }
  return false;
}

int redirect_read(const struct http_response *r, const struct http_url *from, struct http_url *to,
                  struct error *e)
{
  struct error why;
  if (locations_differ(&r->fields))
    return error_say(e, UV_EPROTO, "redirect with two different Locations");
  int err = http_url_resolve(to, from, http_field(&r->fields, HTTP_LOCATION), &why);
  if (err)
    return error_say(e, err, "redirect to an invalid Location: %s", why.text);
  if (!from->tls || to->tls)
    return 0;
  http_url_release(to);
  return error_say(e, UV_EPROTO, "redirect from https to http is not followed");
}

const char *redirect_method(unsigned status, const char *method)
{
  if (status == 303 && strcmp(method, "HEAD") != 0)
    return "GET";
  if ((status == 301 || status == 302) && strcmp(method, "POST") == 0)
    return "GET";
  return method;
}
