#include "cmd/serve/listing_jobs.h"

#include "cmd/serve/file_time.h"
#include "core/event/thread_work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

struct listing_job {
  struct thread_work work;
  struct list link;
  struct listing_jobs *listings;
  struct listing_request *request; /* NULL if it was cancelled */
  struct listing listing;
  struct stat st;
  struct shared_bytes *page;
  unsigned writes; /* when its request came */
  bool young;      /* the folder may change without a new mtime: the page is not kept */
  int dir, err;
  char path[]; /* of the listing */
};

static struct listing_job *job_of(struct list *link)
{
  return container_of(link, struct listing_job, link);
}

static void job_free(struct listing_job *job)
{
  if (job->page)
    shared_bytes_drop(job->page);
  list_remove(&job->link);
  close(job->dir);
  free(job);
}

static void tell(struct listing_request *r, struct shared_bytes *page, int err)
{
  if (!r)
    return;
  r->job = NULL;
  r->done(r, page, err);
}

/* Kept pages. */

static bool is_same_folder(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         file_time_is_same(a->st_mtim, b->st_mtim);
}

static struct shared_bytes *find(const struct listing_jobs *l, const struct stat *st, bool json)
{
  uint64_t now = reactor_now_ms(l->reactor);
  for (size_t i = 0; i < LISTING_JOBS_KEPT; i++) {
    const struct kept_listing *p = &l->kept[i];
    if (p->bytes && p->json == json && p->writes == atomic_load(l->writes) &&
        now - p->made_ms < l->kept_ms && is_same_folder(&p->st, st))
      return p->bytes;
  }
  return NULL;
}

static void keep(struct listing_jobs *l, const struct listing_job *job)
{
  struct kept_listing *p = &l->kept[l->next];
  l->next = (l->next + 1) % LISTING_JOBS_KEPT;
  if (p->bytes)
    shared_bytes_drop(p->bytes);
  *p = (struct kept_listing){.bytes = job->page,
                             .st = job->st,
                             .json = job->listing.json,
                             .writes = job->writes,
                             .made_ms = reactor_now_ms(l->reactor)};
  shared_bytes_hold(job->page);
}

/* Jobs. */

static void print(struct thread_work *w)
{
  struct listing_job *job = container_of(w, struct listing_job, work);
  struct buffer page = {0};
  job->err = listing_page_print(&page, job->dir, &job->listing);
  if (!job->err) {
    job->page = shared_bytes_new(buffer_data(&page), page.length);
    job->err = job->page ? 0 : UV_ENOMEM;
  }
  buffer_release(&page);
}

static void start_next(struct listing_jobs *l);

static void printed(struct thread_work *w)
{
  struct listing_job *job = container_of(w, struct listing_job, work);
  struct listing_jobs *l = job->listings;
  l->running--;
  if (job->page && !job->young)
    keep(l, job);
  tell(job->request, job->page, job->err);
  job_free(job);
  start_next(l);
}

static void start(struct listing_jobs *l, struct listing_job *job)
{
  struct shared_bytes *page = find(l, &job->st, job->listing.json);
  job->young = file_time_is_young(job->st.st_mtim, file_time_now());
  if (!page && thread_work_start(&job->work, l->reactor, print, printed) == 0) {
    l->running++;
    return;
  }
  if (!page) /* no thread can be made: this one prints it */
    print(&job->work);
  tell(job->request, page ? page : job->page, job->err);
  job_free(job);
}

static void start_next(struct listing_jobs *l)
{
  struct list *link;
  while (l->running < LISTING_JOBS_AT_ONCE && (link = list_pop(&l->waiting)) != NULL)
    start(l, job_of(link));
}

void listing_jobs_ask(struct listing_jobs *l, struct listing_request *r,
                      const struct listing *listing, int dir, const struct stat *st)
{
  struct listing_job *job = calloc(1, sizeof *job + strlen(listing->path) + 1);
  if (!job) {
    close(dir);
    tell(r, NULL, UV_ENOMEM);
    return;
  }
  list_init(&job->link);
  strcpy(job->path, listing->path);
  job->listings = l;
  job->request = r;
  job->listing = *listing;
  job->listing.path = job->path;
  job->st = *st;
  job->dir = dir;
  job->writes = atomic_load(l->writes);
  r->job = job;
  list_append(&l->waiting, &job->link);
  start_next(l);
}

void listing_jobs_cancel(struct listing_request *r)
{
  struct listing_job *job = r->job;
  r->job = NULL;
  if (!job)
    return;
  job->request = NULL;
  if (!list_empty(&job->link)) /* not started */
    job_free(job);
}

void listing_jobs_init(struct listing_jobs *l, struct reactor *r, const atomic_uint *writes)
{
  *l = (struct listing_jobs){.reactor = r, .writes = writes, .kept_ms = LISTING_JOBS_KEPT_MS};
  list_init(&l->waiting);
}

void listing_jobs_release(struct listing_jobs *l)
{
  assert(list_empty(&l->waiting)); /* the owners have cancelled them */
  for (size_t i = 0; i < LISTING_JOBS_KEPT; i++)
    if (l->kept[i].bytes)
      shared_bytes_drop(l->kept[i].bytes);
}
