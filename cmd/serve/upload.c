#include "cmd/serve/upload.h"

#include "cmd/serve/upload_files.h"
#include "core/base/log.h"
#include "core/http/message/authority.h"
#include "core/http/message/condition.h"
#include "core/http/message/multipart.h"
#include "core/http/message/negotiate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { MOST_FILES = 1000 }; /* of one form */

static const char changed[] = "the file does not match the conditions of the request";
/* HTTP/1.0 knows no other framing of a body (RFC 1945 7.2.2); without it none would be seen. */
static const char no_length[] = "a request of HTTP/1.0 needs a Content-Length";
static const uint64_t conditions =
    1ULL << HTTP_IF_MATCH | 1ULL << HTTP_IF_NONE_MATCH | 1ULL << HTTP_IF_UNMODIFIED_SINCE;

struct upload {
  struct http_exchange *exchange;
  int dir; /* the folder the files go to */
  struct upload_files files;
  struct atomic_file *current; /* being written; NULL in a form field that is no file */
  bool form, json;
  bool partial;                 /* some files of the form could not be published */
  bool conditional;             /* the file must be unchanged at the end, or still missing */
  char was[RESOURCE_ETAG_SIZE]; /* its ETag at the beginning; empty if there was no file */
  struct multipart multipart;
  unsigned status; /* of the refusal; 0 while there is none */
  const char *reason;
  char *location; /* a reference to the new file, or to the form's folder */
};

void upload_cancel(struct upload *u)
{
  if (!u)
    return;
  upload_files_release(&u->files);
  multipart_release(&u->multipart);
  if (u->dir >= 0)
    close(u->dir);
  free(u->location);
  free(u);
}

/* Refusing. */

static int refuse(struct upload *u, unsigned status, const char *reason)
{
  u->status = status;
  u->reason = reason;
  return UV_ECANCELED;
}

static int refuse_error(struct upload *u, int err)
{
  struct upload_refusal r = upload_refusal_of(err);
  if (r.status >= 500)
    log_error("upload: %s", error_words(err));
  return refuse(u, r.status, r.reason);
}

static void respond_refusal(struct http_exchange *x, const struct upload *u)
{
  http_respond_error(x, u->status, u->reason);
}

/* Names. */

/* A file may have this name: one segment, no control characters, not hidden unless --hidden. */
static bool is_good_name(const struct upload *u, const char *name)
{
  size_t n = strlen(name);
  if (n == 0 || n > 255 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return false;
  for (size_t i = 0; i < n; i++)
    if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
      return false;
  return name[0] != '.' || site_of(u->exchange)->options->hidden;
}

/* Whether a file of that name may be received; its status is 0 then. */
static struct upload_refusal look_ahead(const struct upload *u, const char *name)
{
  struct stat st;
  if (!is_good_name(u, name))
    return (struct upload_refusal){400, "a file cannot have that name here"};
  if (fstatat(u->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return (struct upload_refusal){0};
  if (S_ISDIR(st.st_mode))
    return upload_refusal_of(UV_EISDIR);
  if (!site_of(u->exchange)->options->overwrite)
    return upload_refusal_of(UV_EEXIST);
  return (struct upload_refusal){0};
}

/* One file of a form that is refused keeps no other from being stored: it is dropped as it comes,
 * and named at the end. */
static int begin_file(struct upload *u, const char *name)
{
  int err;
  if (u->files.count == MOST_FILES)
    return refuse(u, 413, "the form has too many files");
  struct upload_refusal r = look_ahead(u, name);
  if (r.status && !u->form)
    return refuse(u, r.status, r.reason);
  if (r.status)
    return upload_files_add_refused(&u->files, name, r);
  u->current = upload_files_add(&u->files, u->dir, name, &err);
  if (!u->current && err == UV_EEXIST)
    return refuse(u, 409, "the form has two files with that name");
  return u->current ? 0 : refuse_error(u, err);
}

/* The parts of a form. */

static struct upload *of_multipart(struct multipart *m)
{
  return container_of(m, struct upload, multipart);
}

/* Some browsers send a whole path: its last part is the name. */
static const char *last_part(const char *filename)
{
  const char *name = filename;
  for (const char *s = filename; *s; s++)
    if (*s == '/' || *s == '\\')
      name = s + 1;
  return name;
}

/* A file field that was left empty has an empty file name. */
static int form_part(struct multipart *m, const char *name, const char *filename)
{
  (void)name;
  of_multipart(m)->current = NULL;
  return filename && filename[0] ? begin_file(of_multipart(m), last_part(filename)) : 0;
}

static int form_data(struct multipart *m, const void *data, size_t n)
{
  struct upload *u = of_multipart(m);
  int err = u->current ? atomic_file_write(u->current, data, n) : 0;
  return err ? refuse_error(u, err) : 0;
}

/* Closes the file at once: a form may have more files than there are descriptors. */
static int form_end(struct multipart *m)
{
  struct upload *u = of_multipart(m);
  int err = u->current ? atomic_file_close(u->current) : 0;
  u->current = NULL;
  return err ? refuse_error(u, err) : 0;
}

/* The ETag of the file that has the name now; empty if there is none. */
static void look_at(const struct upload *u, const char *name, char etag[RESOURCE_ETAG_SIZE],
                    struct stat *st)
{
  *st = (struct stat){0};
  etag[0] = '\0';
  if (fstatat(u->dir, name, st, AT_SYMLINK_NOFOLLOW) == 0)
    resource_etag(etag, st);
}

/* The end. */

/* Whether the file has changed since the request's conditions were checked. */
static bool was_changed(const struct upload *u)
{
  char now[RESOURCE_ETAG_SIZE];
  struct stat st;
  const struct atomic_file *first = upload_files_first(&u->files);
  if (!u->conditional || !first)
    return false;
  look_at(u, first->name, now, &st);
  return strcmp(now, u->was) != 0;
}

static int publish(struct upload *u)
{
  /* If there was no file, there must be none now: the kernel checks that in the same step. */
  bool overwrite = site_of(u->exchange)->options->overwrite && !(u->conditional && !u->was[0]);
  if (was_changed(u))
    return refuse(u, 412, changed);
  if (u->form && !u->multipart.done)
    return refuse(u, 400, "the form ends before its last delimiter");
  if (u->files.count == 0)
    return refuse(u, 400, "the form has no file");
  const struct upload_refusal *r = upload_files_publish(&u->files, overwrite);
  atomic_fetch_add(&site_of(u->exchange)->writes, 1);
  u->partial = r && u->form;
  return r ? refuse(u, r->status, r->reason) : 0;
}

/* Responds with what became of each file. */
static void respond_fates(struct http_exchange *x, const struct upload *u, unsigned status)
{
  struct buffer out = {0};
  if (upload_files_print(&out, &u->files, u->json)) {
    http_respond_error(x, 500, "the server has no memory to say which files were stored");
  } else {
    http_respond_start(x, status);
    http_respond_document(x, u->json);
    http_respond_length(x, out.length);
    http_respond_copy(x, buffer_data(&out), out.length);
  }
  buffer_release(&out);
}

static void respond_success(struct http_exchange *x, const struct upload *u)
{
  if (u->json) {
    respond_fates(x, u, 201);
  } else if (u->form) {
    http_respond_start(x, 303);
    http_respond_field(x, "Location", "%s", u->location);
    http_respond_page(x, "the files were stored");
  } else if (upload_files_first(&u->files)->replaced) {
    http_respond_start(x, 204);
    http_respond_nothing(x);
  } else {
    http_respond_start(x, 201);
    http_respond_field(x, "Location", "%s", u->location);
    http_respond_page(x, "the file was stored");
  }
}

void upload_done(struct http_exchange *x)
{
  struct serve_exchange *own = serve_exchange_of(x);
  struct upload *u = own->upload;
  own->upload = NULL;
  int err = publish(u);
  if (err && u->partial)
    respond_fates(x, u, u->status);
  else if (err)
    respond_refusal(x, u);
  else
    respond_success(x, u);
  upload_cancel(u);
}

void upload_data(struct http_exchange *x, const void *data, size_t n)
{
  struct serve_exchange *own = serve_exchange_of(x);
  struct upload *u = own->upload;
  int err = 0;
  if (!u)
    return;
  if (u->form)
    err = multipart_feed(&u->multipart, data, n);
  else if ((err = atomic_file_write(u->current, data, n)) != 0)
    err = refuse_error(u, err);
  if (!err)
    return;
  if (err == UV_EPROTO)
    refuse(u, 400, u->multipart.reason);
  else if (err != UV_ECANCELED)
    refuse_error(u, err);
  own->upload = NULL;
  respond_refusal(x, u);
  upload_cancel(u);
}

/* The beginning. */

/* The host of a `host[:port]`; empty if it is none. */
static struct span host_of(struct span authority)
{
  struct span port;
  if (!http_parse_authority(authority, &port))
    return (struct span){0};
  size_t n = port.data ? (size_t)(port.data - 1 - authority.data) : authority.length;
  return (struct span){authority.data, n};
}

static bool is_same_host(struct span a, struct span b)
{
  struct span host = host_of(a), other = host_of(b);
  return host.length > 0 && host.length == other.length &&
         strncasecmp(host.data, other.data, host.length) == 0;
}

static bool was_forwarded_to(const struct http_request *r, struct span authority)
{
  struct span rest = http_field(&r->fields, HTTP_X_FORWARDED_HOST), host;
  while (http_list_next(&rest, &host))
    if (is_same_host(host, authority))
      return true;
  return false;
}

/* See upload.h. */
static bool is_foreign(const struct http_request *r)
{
  struct span site = http_field(&r->fields, HTTP_SEC_FETCH_SITE);
  struct span origin = http_field(&r->fields, HTTP_ORIGIN);
  if (site.data)
    return !span_is(site, "same-origin") && !span_is(site, "none");
  if (!origin.data)
    return false;
  const char *host = memmem(origin.data, origin.length, "://", 3);
  if (!host)
    return true;
  struct span site_host = span_skip(origin, (size_t)(host + 3 - origin.data));
  return !is_same_host(site_host, r->host) && !was_forwarded_to(r, site_host);
}

/* Opens the folder of a PUT's file or of a form, and makes the path for Location. */
static int open_folder(struct upload *u, const struct http_path *p, const char **name)
{
  struct stat st;
  char folder[sizeof p->text];
  const char *slash = u->form ? NULL : strrchr(p->text, '/');
  size_t n = u->form ? p->length : slash ? (size_t)(slash - p->text) : 0;
  memcpy(folder, p->text, n);
  folder[n] = '\0';
  *name = slash ? slash + 1 : p->text;
  u->dir = document_root_open_path(&site_of(u->exchange)->root, folder, &st);
  if (u->dir < 0)
    return refuse_error(u, u->dir);
  if (!S_ISDIR(st.st_mode))
    return refuse_error(u, UV_ENOTDIR);

  struct buffer location = {0};
  int err = http_path_print_relative(&location, p, u->form);
  u->location = buffer_take_text(&location);
  return err || !u->location ? refuse_error(u, UV_ENOMEM) : 0;
}

static int begin_put(struct upload *u, const struct http_request *r, const struct http_path *p)
{
  struct stat st;
  const char *name;
  if (u->exchange->http10 && !http_has_field(&r->fields, HTTP_CONTENT_LENGTH))
    return refuse(u, 411, no_length);
  if (p->folder || p->length == 0)
    return refuse(u, 409, "that is the name of a folder");
  if (http_has_field(&r->fields, HTTP_CONTENT_RANGE)) /* RFC 9110 14.5 */
    return refuse(u, 400, "a part of a file cannot be stored");
  int err = open_folder(u, p, &name);
  if (err)
    return err;
  look_at(u, name, u->was, &st);
  const struct http_validators v = {
      .exists = u->was[0], .etag = span_of(u->was), .modified = st.st_mtim.tv_sec};
  if (http_conditions(r, &v, http_server_now(http_exchange_server(u->exchange))) != HTTP_PROCEED)
    return refuse(u, 412, changed);
  u->conditional = r->fields.seen & conditions;
  return begin_file(u, name);
}

static int begin_form(struct upload *u, const struct http_request *r, const struct http_path *p)
{
  static const struct multipart_ops ops = {.part = form_part, .data = form_data, .end = form_end};
  const char *none;
  if (u->exchange->http10 && !http_has_field(&r->fields, HTTP_CONTENT_LENGTH))
    return refuse(u, 411, no_length);
  if (is_foreign(r))
    return refuse(u, 403,
                  "the form was sent by another site, or a proxy hides the name of this one");
  if (multipart_init(&u->multipart, &ops, http_field(&r->fields, HTTP_CONTENT_TYPE)))
    return refuse(u, 415, "files must be sent as multipart/form-data");
  u->json = http_wants_json(&r->fields);
  return open_folder(u, p, &none);
}

void serve_upload(struct http_exchange *x, const struct http_request *r, const struct http_path *p)
{
  const struct serve_options *o = site_of(x)->options;
  struct serve_exchange *own = serve_exchange_of(x);
  struct upload *u = calloc(1, sizeof *u);
  if (!own || !u) {
    free(u);
    serve_error(x, p->text, UV_ENOMEM);
    return;
  }
  u->exchange = x;
  u->dir = -1;
  upload_files_init(&u->files);
  u->form = r->method == HTTP_POST;
  int err = p->hidden && !o->hidden ? refuse(u, 403, "names that begin with a dot are not allowed")
            : u->form               ? begin_form(u, r, p)
                                    : begin_put(u, r, p);
  if (err) {
    respond_refusal(x, u);
    upload_cancel(u);
    return;
  }
  own->upload = u;
  if (!http_body_read(x, o->max_upload ? o->max_upload : UINT64_MAX))
    upload_done(x);
}
