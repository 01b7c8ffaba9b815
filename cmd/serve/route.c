#include "cmd/serve/route.h"

#include "cmd/serve/file.h"
#include "cmd/serve/folder.h"
#include "cmd/serve/upload.h"
#include "core/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* Methods. */

static const char reading[] = "GET, HEAD, OPTIONS";

static const char *allowed(const struct site *s)
{
  return s->options->upload ? "GET, HEAD, OPTIONS, PUT, POST" : reading;
}

static void refuse_method(struct http_exchange *x, const struct http_request *r)
{
  if (r->method == HTTP_METHOD_UNKNOWN) {
    http_respond_error(x, 501, "the server does not know this method");
    return;
  }
  http_respond_start(x, 405);
  http_respond_field(x, "Allow", "%s", allowed(site_of(x)));
  http_respond_page(x, "this method is not allowed here");
}

/* What upload.h relies on: no page of another origin may send the field that names the host. */
static bool names_the_host(const struct http_fields *f)
{
  return http_list_has(f, HTTP_ACCESS_CONTROL_REQUEST_HEADERS, "x-forwarded-host");
}

/* A browser also asks this before a request to another origin. Pages of other origins may read, but
 * never write. */
static void respond_options(struct http_exchange *x, const struct http_request *r)
{
  const struct site *s = site_of(x);
  struct span headers = http_field(&r->fields, HTTP_ACCESS_CONTROL_REQUEST_HEADERS);
  http_respond_start(x, 204);
  http_respond_field(x, "Allow", "%s", allowed(s));
  if (s->options->cors && http_has_field(&r->fields, HTTP_ACCESS_CONTROL_REQUEST_METHOD)) {
    http_respond_field(x, "Access-Control-Allow-Methods", "%s", reading);
    if (headers.length && !names_the_host(&r->fields))
      http_respond_field(x, "Access-Control-Allow-Headers", "%.*s", (int)headers.length,
                         headers.data);
    http_respond_field(x, "Access-Control-Max-Age", "86400");
  }
  http_respond_nothing(x);
}

static bool writes(const struct http_request *r)
{
  return r->method == HTTP_PUT || r->method == HTTP_POST;
}

/* Whether the request may be served. If not, 401 has been sent. */
static bool is_allowed(struct http_exchange *x, const struct http_request *r)
{
  const struct site *s = site_of(x);
  struct span credentials = http_field(&r->fields, HTTP_AUTHORIZATION);
  const struct basic_auth *needed = writes(r) && s->options->auth_upload ? &s->auth_upload
                                    : s->options->auth                   ? &s->auth
                                                                         : NULL;
  if (!needed)
    return true;
  if (basic_auth_allows(needed, credentials)) {
    struct serve_exchange *own = x->context;
    if (own && own->log)
      own->log->user = (struct span){needed->user.bytes, needed->user.length};
    return true;
  }
  http_respond_start(x, 401);
  http_respond_field(x, "WWW-Authenticate", "Basic realm=\"anet\", charset=\"UTF-8\"");
  http_respond_page(x, "a user name and a password are required");
  return false;
}

/* Paths. */

static void redirect_to_folder(struct http_exchange *x, const struct http_request *r,
                               const struct http_path *p)
{
  struct buffer location = {0};
  int err = http_path_print_relative(&location, p, true);
  if (!err && r->query.data) {
    err = buffer_append(&location, "?", 1);
    if (!err)
      err = buffer_append(&location, r->query.data, r->query.length);
  }
  if (err) {
    serve_error(x, p->text, err);
  } else {
    http_respond_start(x, 301);
    http_respond_field(x, "Location", "%.*s", (int)location.length,
                       (const char *)buffer_data(&location));
    http_respond_page(x, "the name of a folder ends in a slash");
  }
  buffer_release(&location);
}

static void get(struct http_exchange *x, const struct http_request *r, struct http_path *p)
{
  const struct site *s = site_of(x);
  int err = UV_ENOENT;
  if (s->root.only) { /* also if its name begins with a dot */
    if (p->folder && p->length > 0)
      serve_error(x, p->text, UV_ENOENT);
    else if (!serve_file(x, r, p->length ? p->text : s->root.only,
                         p->length ? p->length : strlen(s->root.only), &err))
      serve_error(x, p->text, err);
    return;
  }
  if (p->hidden && !s->options->hidden) {
    serve_error(x, p->text, UV_ENOENT);
  } else if (p->folder || p->length == 0) {
    serve_folder(x, r, p);
  } else if (!serve_file(x, r, p->text, p->length, &err)) {
    if (err == UV_EISDIR)
      redirect_to_folder(x, r, p);
    else if (!serve_spa(x, r, err))
      serve_error(x, p->text, err);
  }
}

static void handle_request(struct http_exchange *x, const struct http_request *r)
{
  const struct site *s = site_of(x);
  struct http_path p;
  const char *reason;
  bool reads = r->method == HTTP_GET || r->method == HTTP_HEAD;
  if (r->method == HTTP_OPTIONS)
    respond_options(x, r);
  else if (!reads && !(writes(r) && s->options->upload))
    refuse_method(x, r);
  else if (!is_allowed(x, r))
    return;
  else if (!http_path_parse(&p, r->path, &reason))
    http_respond_error(x, 400, reason);
  else if (reads)
    get(x, r, &p);
  else
    serve_upload(x, r, &p);
}

/* The exchange and its log line. */

static void begin(struct http_exchange *x, const struct http_request *r)
{
  struct serve_exchange *own = log_enabled(LOG_INFO) ? serve_exchange_of(x) : NULL;
  if (own)
    own->log = http_serving_entry(x, r);
}

static void end(struct http_exchange *x, const struct http_outcome *o)
{
  struct serve_exchange *own = x->context;
  if (!own)
    return;
  listing_jobs_cancel(&own->listing);
  upload_cancel(own->upload);
  http_serving_log(x, own->log, o);
  free(own);
}

const struct http_exchange_ops serve_ops = {
    .begin = begin,
    .request = handle_request,
    .body = upload_data,
    .body_end = upload_done,
    .end = end,
};
