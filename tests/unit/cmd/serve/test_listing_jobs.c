/* Listings that are asked for: made once for those who ask at the same time, and never old. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/listing_jobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { MODIFIED = 1795248600 };

static atomic_uint writes;
static int64_t now_ns; /* what the clock shows, in nanoseconds after MODIFIED */

/* In the place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
  if (clock != CLOCK_REALTIME)
    return (int)syscall(SYS_clock_gettime, clock, t);
  *t = (struct timespec){MODIFIED + now_ns / 1000000000, now_ns % 1000000000};
  return 0;
}

struct waiter {
  struct listing_request request;
  char text[4096];
  int err;
  bool done;
};

static void listed(struct listing_request *r, struct shared_bytes *page, int err)
{
  struct waiter *w = container_of(r, struct waiter, request);
  w->done = true;
  w->err = err;
  snprintf(w->text, sizeof w->text, "%.*s", page ? (int)page->length : 0,
           page ? (const char *)page->data : "");
}

static void ask(struct listing_jobs *l, struct waiter *w, const struct folder *f)
{
  const struct listing listing = {.path = "", .json = true};
  struct stat st;
  int dir = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(fstat(dir, &st), 0);
  *w = (struct waiter){.request.done = listed};
  listing_jobs_ask(l, &w->request, &listing, dir, &st);
}

/* Runs the loop, which a listing alone does not keep running, until the waiter has been told. */
static void wait_for(const struct folder *f, const struct waiter *w)
{
  reactor_hold(f->reactor);
  while (!w->done)
    pass(f->reactor);
  reactor_unhold(f->reactor);
}

static const char *list(struct listing_jobs *l, struct waiter *w, const struct folder *f)
{
  ask(l, w, f);
  wait_for(f, w);
  assert_int_equal(w->err, 0);
  return w->text;
}

/* A file is made in the folder, which keeps its time. */
static void put_unseen(const struct folder *f, const char *name)
{
  const struct timespec times[2] = {{MODIFIED, 0}, {MODIFIED, 0}};
  if (name)
    folder_put(f->dir, name, "");
  assert_int_equal(futimens(f->dir, times), 0);
}

static void a_file_made_in_the_clock_tick_of_a_listing_is_in_the_next_one(void **state)
{
  const struct folder *f = *state;
  struct listing_jobs l;
  struct waiter w;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  put_unseen(f, "first");
  now_ns = 3999999;
  assert_non_null(strstr(list(&l, &w, f), "\"first\""));
  put_unseen(f, "second");
  assert_non_null(strstr(list(&l, &w, f), "\"second\""));
  listing_jobs_release(&l);
}

static void a_listing_of_a_folder_at_rest_is_kept_until_something_is_published(void **state)
{
  const struct folder *f = *state;
  struct listing_jobs l;
  struct waiter w;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  put_unseen(f, "first");
  now_ns = 1000000000;
  list(&l, &w, f);
  put_unseen(f, "second"); /* no kernel does so: it shows that nobody looked */
  assert_null(strstr(list(&l, &w, f), "\"second\""));
  atomic_fetch_add(&writes, 1);
  assert_non_null(strstr(list(&l, &w, f), "\"second\""));
  listing_jobs_release(&l);
}

static void a_changed_folder_is_listed_anew(void **state)
{
  const struct folder *f = *state;
  struct listing_jobs l;
  struct waiter w;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  put_unseen(f, "first");
  now_ns = 1000000000;
  list(&l, &w, f);
  folder_put(f->dir, "second", "");
  assert_non_null(strstr(list(&l, &w, f), "\"second\""));
  listing_jobs_release(&l);
}

static void those_who_ask_together_share_pages(void **state)
{
  enum { MANY = 20 };
  static struct waiter many[MANY];
  const struct folder *f = *state;
  struct listing_jobs l;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  put_unseen(f, "first");
  now_ns = 1000000000;
  for (size_t i = 0; i < MANY; i++)
    ask(&l, &many[i], f);
  assert_int_equal(l.running, LISTING_JOBS_AT_ONCE);
  put_unseen(f, NULL);
  for (size_t i = 0; i < MANY; i++) {
    wait_for(f, &many[i]);
    assert_int_equal(many[i].err, 0);
    assert_non_null(strstr(many[i].text, "\"first\""));
  }
  assert_int_equal(l.next, LISTING_JOBS_AT_ONCE); /* pages made */
  listing_jobs_release(&l);
}

static void one_who_left_is_not_told(void **state)
{
  static struct waiter left[4], stays;
  const struct folder *f = *state;
  struct listing_jobs l;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  for (size_t i = 0; i < LENGTH(left); i++)
    ask(&l, &left[i], f);
  for (size_t i = 0; i < LENGTH(left); i++)
    listing_jobs_cancel(&left[i].request);
  listing_jobs_cancel(&left[0].request);
  list(&l, &stays, f);
  reactor_hold(f->reactor);
  while (l.running > 0)
    pass(f->reactor);
  reactor_unhold(f->reactor);
  for (size_t i = 0; i < LENGTH(left); i++)
    assert_false(left[i].done);
  listing_jobs_release(&l);
}

static void what_cannot_be_listed_is_told_as_an_error(void **state)
{
  const struct folder *f = *state;
  const struct listing listing = {.path = ""};
  struct listing_jobs l;
  struct waiter w = {.request.done = listed};
  struct stat st;
  listing_jobs_init(&l, f->reactor, &writes);
  l.kept_ms = UINT64_MAX;
  folder_put(f->dir, "file", "");
  int file = openat(f->dir, "file", O_RDONLY | O_CLOEXEC);
  assert_int_equal(fstat(file, &st), 0);
  listing_jobs_ask(&l, &w.request, &listing, file, &st);
  wait_for(f, &w);
  assert_int_equal(w.err, UV_ENOTDIR);
  listing_jobs_release(&l);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_made_in_the_clock_tick_of_a_listing_is_in_the_next_one),
      IN_FOLDER(a_listing_of_a_folder_at_rest_is_kept_until_something_is_published),
      IN_FOLDER(a_changed_folder_is_listed_anew),
      IN_FOLDER(those_who_ask_together_share_pages),
      IN_FOLDER(one_who_left_is_not_told),
      IN_FOLDER(what_cannot_be_listed_is_told_as_an_error),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
