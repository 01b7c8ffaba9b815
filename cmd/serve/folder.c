/* A folder: its index, or the page that lists it, which another thread makes. */
#include "cmd/serve/listing.h"
#include "cmd/serve/serve.h"
#include "core/http/negotiate.h"
#include "core/work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct listing_job {
  struct work work;
  struct http_conn *conn; /* NULL when it has gone */
  struct listing listing;
  struct buffer page;
  int dir, err;
  char path[]; /* the listing's */
};

static void job_free(struct listing_job *job)
{
  close(job->dir);
  buffer_release(&job->page);
  free(job);
}

void listing_cancel(struct listing_job *job)
{
  if (job)
    job->conn = NULL;
}

static void print(struct work *w)
{
  struct listing_job *job = container_of(w, struct listing_job, work);
  job->err = listing_print(&job->page, job->dir, &job->listing);
}

static void answer_listing(struct http_conn *c, struct listing_job *job)
{
  const struct serve *s = serve_of(c);
  http_answer_start(c, 200);
  http_answer_field(c, "Content-Type", "%s",
                    job->listing.json ? "application/json" : "text/html; charset=utf-8");
  http_answer_field(c, "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
  http_answer_field(c, "X-Content-Type-Options", "nosniff");
  if (s->control[0]) /* else --header says it */
    http_answer_field(c, "Cache-Control", "no-cache");
  http_answer_field(c, "Vary", "Accept");
  http_answer_length(c, job->page.length);
  http_answer_producer(c, producer_buffer(&job->page));
}

static void printed(struct work *w)
{
  struct listing_job *job = container_of(w, struct listing_job, work);
  if (job->conn) {
    struct http_conn *c = job->conn;
    exchange_of(c)->listing = NULL;
    if (job->err)
      serve_error(c, job->path, job->err);
    else
      answer_listing(c, job);
  }
  job_free(job);
}

/* Takes over `dir`. */
static int start_listing(struct http_conn *c, const struct http_request *r,
                         const struct http_path *p, int dir)
{
  const struct serve *s = serve_of(c);
  struct exchange *x = exchange_of(c);
  struct listing_job *job = calloc(1, sizeof *job + p->length + 1);
  if (!x || !job) {
    free(job);
    close(dir);
    return UV_ENOMEM;
  }
  memcpy(job->path, p->text, p->length + 1);
  job->conn = c;
  job->dir = dir;
  job->listing = (struct listing){
      .path = job->path,
      .tree = &s->tree,
      .json = (r->query.data && span_is(r->query, "json")) || http_wants_json(&r->fields),
      .hidden = s->options->hidden,
      .upload = s->options->upload,
  };
  int err = work_start(&job->work, &serve_of(c)->http.serving.reactor, print, printed);
  if (err)
    job_free(job);
  else
    x->listing = job;
  return err;
}

/* The folder's index, if there is one. */
static bool serve_index(struct http_conn *c, const struct http_request *r,
                        const struct http_path *p, int *err)
{
  char path[sizeof p->text + 256 + 2];
  const char *index = serve_of(c)->options->index;
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

void serve_folder(struct http_conn *c, const struct http_request *r, const struct http_path *p)
{
  struct serve *s = serve_of(c);
  struct stat st;
  int err = UV_ENOENT;
  if (serve_index(c, r, p, &err))
    return;
  if (!is_missing(err)) {
    serve_error(c, p->text, err);
    return;
  }
  int dir = tree_open_path(&s->tree, p->text, &st);
  if (dir >= 0 && (!S_ISDIR(st.st_mode) || s->options->no_listing)) {
    close(dir);
    dir = UV_ENOENT;
  }
  err = dir < 0 ? dir : start_listing(c, r, p, dir);
  if (err)
    serve_error(c, p->text, err);
}
