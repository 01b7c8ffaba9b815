#include "cmd/serve/folder.h"

#include "cmd/serve/file.h"
#include "core/http/message/negotiate.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static void respond_listing(struct http_exchange *x, struct shared_bytes *page, bool json)
{
  const struct site *s = site_of(x);
  http_respond_start(x, 200);
  http_respond_document(x, json);
  http_respond_field(x, "Vary", "Accept");
  if (s->control[0]) /* otherwise --header sets it */
    http_respond_field(x, "Cache-Control", "no-cache");
  http_respond_length(x, page->length);
  http_respond_shared(x, page, 0, page->length);
}

static void listed(struct listing_request *r, struct shared_bytes *page, int err)
{
  struct serve_exchange *own = container_of(r, struct serve_exchange, listing);
  if (page)
    respond_listing(own->exchange, page, own->json);
  else
    serve_error(own->exchange, "a folder", err);
}

/* Takes over `dir`. */
static int start_listing(struct http_exchange *x, const struct http_request *r,
                         const struct http_path *p, int dir, const struct stat *st)
{
  struct site *s = site_of(x);
  struct serve_exchange *own = serve_exchange_of(x);
  if (!own) {
    close(dir);
    return UV_ENOMEM;
  }
  own->json = (r->query.data && span_is(r->query, "json")) || http_wants_json(&r->fields);
  own->listing.done = listed;
  const struct listing listing = {
      .path = p->text,
      .root = &s->root,
      .json = own->json,
      .hidden = s->options->hidden,
      .upload = s->options->upload,
  };
  listing_jobs_ask(&s->listings, &own->listing, &listing, dir, st);
  return 0;
}

/* The folder's index, if there is one. */
static bool serve_index(struct http_exchange *x, const struct http_request *r,
                        const struct http_path *p, int *err)
{
  char path[sizeof p->text + 256 + 2];
  const char *index = site_of(x)->options->index;
  size_t length = p->length, n = strlen(index);
  memcpy(path, p->text, length);
  if (length > 0)
    path[length++] = '/';
  memcpy(path + length, index, n + 1);
  return serve_file(x, r, path, length + n, err);
}

static bool is_missing(int err)
{
  return err == UV_ENOENT || err == UV_EISDIR || err == UV_ENOTDIR || err == UV_ENAMETOOLONG;
}

void serve_folder(struct http_exchange *x, const struct http_request *r, const struct http_path *p)
{
  struct site *s = site_of(x);
  struct stat st;
  int err = UV_ENOENT;
  if (serve_index(x, r, p, &err))
    return;
  if (!is_missing(err)) {
    serve_error(x, p->text, err);
    return;
  }
  int dir = document_root_open_path(&s->root, p->text, &st);
  if (dir >= 0 && (!S_ISDIR(st.st_mode) || s->options->no_listing)) {
    close(dir);
    dir = UV_ENOENT;
  }
  err = dir < 0 ? dir : start_listing(x, r, p, dir, &st);
  if (err && !serve_spa(x, r, err))
    serve_error(x, p->text, err);
}
