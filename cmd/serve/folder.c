#include "cmd/serve/folder.h"

#include "cmd/serve/file.h"
#include "core/http/message/negotiate.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static void answer_listing(struct http_exchange *c, struct shared_bytes *page, bool json)
{
  const struct site *s = site_of(c);
  http_respond_start(c, 200);
  http_respond_document(c, json);
  http_respond_field(c, "Vary", "Accept");
  if (s->control[0]) /* else --header says it */
    http_respond_field(c, "Cache-Control", "no-cache");
  http_respond_length(c, page->length);
  http_respond_shared(c, page, 0, page->length);
}

static void listed(struct listing_request *r, struct shared_bytes *page, int err)
{
  struct serve_exchange *x = container_of(r, struct serve_exchange, listing);
  if (page)
    answer_listing(x->exchange, page, x->json);
  else
    serve_error(x->exchange, "a folder", err);
}

/* Takes over `dir`. */
static int start_listing(struct http_exchange *c, const struct http_request *r,
                         const struct http_path *p, int dir, const struct stat *st)
{
  struct site *s = site_of(c);
  struct serve_exchange *x = serve_exchange_of(c);
  if (!x) {
    close(dir);
    return UV_ENOMEM;
  }
  x->json = (r->query.data && span_is(r->query, "json")) || http_wants_json(&r->fields);
  x->listing.done = listed;
  const struct listing listing = {
      .path = p->text,
      .root = &s->root,
      .json = x->json,
      .hidden = s->options->hidden,
      .upload = s->options->upload,
  };
  listing_jobs_ask(&s->listings, &x->listing, &listing, dir, st);
  return 0;
}

/* The folder's index, if there is one. */
static bool serve_index(struct http_exchange *c, const struct http_request *r,
                        const struct http_path *p, int *err)
{
  char path[sizeof p->text + 256 + 2];
  const char *index = site_of(c)->options->index;
  size_t length = p->length, n = strlen(index);
  memcpy(path, p->text, length);
  if (length > 0)
    path[length++] = '/';
  memcpy(path + length, index, n + 1);
  return serve_file(c, r, path, length + n, err);
}

static bool is_missing(int err)
{
  return err == UV_ENOENT || err == UV_EISDIR || err == UV_ENOTDIR || err == UV_ENAMETOOLONG;
}

void serve_folder(struct http_exchange *c, const struct http_request *r, const struct http_path *p)
{
  struct site *s = site_of(c);
  struct stat st;
  int err = UV_ENOENT;
  if (serve_index(c, r, p, &err))
    return;
  if (!is_missing(err)) {
    serve_error(c, p->text, err);
    return;
  }
  int dir = document_root_open_path(&s->root, p->text, &st);
  if (dir >= 0 && (!S_ISDIR(st.st_mode) || s->options->no_listing)) {
    close(dir);
    dir = UV_ENOENT;
  }
  err = dir < 0 ? dir : start_listing(c, r, p, dir, &st);
  if (err && !serve_spa(c, r, p, err))
    serve_error(c, p->text, err);
}
