/* The files that are kept ready: how long one is believed, and what gives way. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { MODIFIED = 1795248600 };

static int64_t now_ns; /* what the clock shows, in nanoseconds after MODIFIED */

/* In the place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
  if (clock != CLOCK_REALTIME)
    return (int)syscall(SYS_clock_gettime, clock, t);
  *t = (struct timespec){MODIFIED + now_ns / 1000000000, now_ns % 1000000000};
  return 0;
}

/* A cache of the test's folder. */
struct shelf {
  const struct folder *folder;
  struct document_root root;
  struct media_types *types;
  struct cache cache;
  atomic_uint writes;
};

static struct shelf *shelf_new(const struct folder *f)
{
  struct shelf *s = calloc(1, sizeof *s);
  s->folder = f;
  s->types = media_types_load_both(NULL, NULL, NULL);
  assert_int_equal(document_root_open(&s->root, f->path, LINKS_INSIDE, false, NULL), 0);
  cache_init(&s->cache, &(struct resource_source){&s->root, s->types, ""}, &s->writes);
  return s;
}

static void shelf_free(struct shelf *s)
{
  cache_release(&s->cache);
  document_root_close(&s->root);
  media_types_free(s->types);
  free(s);
}

static const struct resource *get(struct shelf *s, const char *name, enum coding coding,
                                  uint64_t now_ms)
{
  int err = 0;
  const struct resource *r = cache_get(&s->cache, name, strlen(name), coding, now_ms, &err);
  assert_int_equal(err, 0);
  assert_non_null(r);
  return r;
}

static void assert_holds(struct shelf *s, const char *name, uint64_t now_ms, const char *text)
{
  const struct resource *r = get(s, name, CODING_NONE, now_ms);
  assert_non_null(r->bytes);
  assert_int_equal(r->bytes->length, strlen(text));
  assert_memory_equal(r->bytes->data, text, strlen(text));
}

static int error_of(struct shelf *s, const char *name, uint64_t now_ms)
{
  int err = 0;
  assert_null(cache_get(&s->cache, name, strlen(name), CODING_NONE, now_ms, &err));
  return err;
}

/* Writes a file whose time is MODIFIED, however often. */
static void put_unseen(const struct shelf *s, const char *name, const char *text)
{
  const struct timespec times[2] = {{MODIFIED, 0}, {MODIFIED, 0}};
  folder_put(s->folder->dir, name, text);
  assert_int_equal(utimensat(s->folder->dir, name, times, 0), 0);
}

static void a_file_written_a_moment_ago_is_read_each_time(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "old");
  now_ns = 3999999;
  assert_holds(s, "f", 1000, "old");
  put_unseen(s, "f", "new");
  assert_holds(s, "f", 1000, "new");
  now_ns = -3999999; /* the clock that files are stamped with may be a little ahead */
  put_unseen(s, "f", "odd");
  assert_holds(s, "f", 1000, "odd");
  assert_int_equal(s->cache.count, 0);
  shelf_free(s);
}

static void a_file_at_rest_is_believed_for_a_tenth_of_a_second(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "old");
  now_ns = 1000000000;
  assert_holds(s, "f", 1000, "old");
  put_unseen(s, "f", "newer");
  assert_holds(s, "f", 1000 + CACHE_CHECK_MS - 1, "old");
  assert_holds(s, "f", 1000 + CACHE_CHECK_MS, "newer");
  shelf_free(s);
}

static void bytes_are_read_again_after_two_seconds(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "old");
  now_ns = 1000000000;
  const struct resource *first = get(s, "f", CODING_NONE, 1000);
  struct shared_bytes *bytes = first->bytes;
  bytes->references++;
  for (uint64_t ms = 1000; ms < 1000 + CACHE_READ_MS; ms += CACHE_CHECK_MS / 2)
    assert_ptr_equal(get(s, "f", CODING_NONE, ms)->bytes, bytes);
  assert_ptr_not_equal(get(s, "f", CODING_NONE, 1000 + CACHE_READ_MS)->bytes, bytes);
  shared_bytes_drop(bytes);
  shelf_free(s);
}

static void a_large_file_is_looked_at_each_time(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "");
  int fd = openat(s->folder->dir, "f", O_WRONLY | O_CLOEXEC);
  assert_int_equal(ftruncate(fd, RESOURCE_SMALL_FILE + 1), 0);
  const struct timespec times[2] = {{MODIFIED, 0}, {MODIFIED, 0}};
  assert_int_equal(futimens(fd, times), 0);
  now_ns = 1000000000;
  const struct resource *r = get(s, "f", CODING_NONE, 1000);
  assert_non_null(r->file);
  assert_null(r->bytes);
  assert_int_equal(s->cache.files, 1);
  assert_ptr_equal(get(s, "f", CODING_NONE, 1000), r);
  assert_int_equal(ftruncate(fd, RESOURCE_SMALL_FILE + 2), 0);
  assert_int_equal(get(s, "f", CODING_NONE, 1000)->st.st_size, RESOURCE_SMALL_FILE + 2);
  close(fd);
  shelf_free(s);
}

static void a_file_that_goes_is_gone(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "old");
  now_ns = 1000000000;
  assert_holds(s, "f", 1000, "old");
  unlinkat(s->folder->dir, "f", 0);
  assert_int_equal(error_of(s, "f", 1000 + CACHE_CHECK_MS), UV_ENOENT);
  folder_sub(s->folder->dir, "f");
  assert_int_equal(error_of(s, "f", 1000 + CACHE_CHECK_MS), UV_EISDIR);
  assert_int_equal(s->cache.count, 0);
  shelf_free(s);
}

static void an_encoded_file_that_comes_or_goes_is_noticed(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "plain");
  now_ns = 1000000000;
  assert_int_equal(get(s, "f", CODING_NONE, 1000)->variants, 0);
  put_unseen(s, "f.gz", "small");
  assert_int_equal(get(s, "f", CODING_NONE, 1100)->variants, 1U << CODING_GZIP);
  const struct resource *gz = get(s, "f", CODING_GZIP, 1100);
  assert_memory_equal(gz->bytes->data, "small", 5);
  assert_non_null(strstr(gz->lines, "Content-Encoding: gzip\r\n"));
  assert_non_null(strstr(gz->lines, "Vary: Accept-Encoding\r\n"));
  assert_string_equal(gz->path, "f");
  unlinkat(s->folder->dir, "f.gz", 0);
  assert_int_equal(get(s, "f", CODING_NONE, 1200)->variants, 0);
  shelf_free(s);
}

/* Each row: seconds and nanoseconds that the encoded file is after the plain one. */
static void an_encoded_file_older_than_the_plain_one_is_no_version_of_it(void **state)
{
  static const struct {
    time_t s;
    long ns, plain_ns;
    bool counts;
  } rows[] = {
      {-1, 999999999, 0, false}, {0, 0, 500, true}, {0, 499, 500, false},
      {0, 500, 500, true},       {1, 0, 0, true},
  };
  struct shelf *s = shelf_new(*state);
  now_ns = 10000000000;
  put_unseen(s, "f", "plain");
  put_unseen(s, "f.br", "small");
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const struct timespec plain[2] = {{MODIFIED, 0}, {MODIFIED, rows[i].plain_ns}};
    const struct timespec encoded[2] = {{MODIFIED, 0}, {MODIFIED + rows[i].s, rows[i].ns}};
    assert_int_equal(utimensat(s->folder->dir, "f", plain, 0), 0);
    assert_int_equal(utimensat(s->folder->dir, "f.br", encoded, 0), 0);
    assert_int_equal(get(s, "f", CODING_NONE, 1000 * (i + 1))->variants,
                     rows[i].counts ? 1U << CODING_BR : 0);
  }
  shelf_free(s);
}

static void the_file_not_asked_for_longest_gives_way(void **state)
{
  struct shelf *s = shelf_new(*state);
  char name[16];
  now_ns = 1000000000;
  put_unseen(s, "kept", "kept");
  get(s, "kept", CODING_NONE, 1000);
  for (int i = 0; i < CACHE_MOST_RESOURCES + 10; i++) {
    snprintf(name, sizeof name, "%d", i);
    put_unseen(s, name, "");
    get(s, name, CODING_NONE, 1000);
    get(s, "kept", CODING_NONE, 1000);
    assert_true(s->cache.count <= CACHE_MOST_RESOURCES);
  }
  assert_int_equal(s->cache.count, CACHE_MOST_RESOURCES);
  put_unseen(s, "kept", "anew");
  assert_holds(s, "kept", 1000, "kept");
  put_unseen(s, "0", "anew");
  assert_holds(s, "0", 1000, "anew");
  shelf_free(s);
}

static void it_holds_a_sixteenth_of_the_descriptors_open(void **state)
{
  struct rlimit before;
  (void)state;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = {.rlim_cur = 160, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  assert_int_equal(cache_most_files(), 11);
  few.rlim_cur = before.rlim_max > 4096 ? 4096 : before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  assert_int_equal(cache_most_files(),
                   few.rlim_cur / 16 > CACHE_MOST_FILES ? CACHE_MOST_FILES : few.rlim_cur / 16 + 1);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void what_was_published_is_seen_at_once_under_every_name(void **state)
{
  struct shelf *s = shelf_new(*state);
  put_unseen(s, "f", "old");
  assert_int_equal(symlinkat("f", s->folder->dir, "link"), 0);
  now_ns = 1000000000;
  assert_holds(s, "f", 1000, "old");
  assert_holds(s, "link", 1000, "old");
  put_unseen(s, "f", "newer");
  put_unseen(s, "f.gz", "smaller");
  assert_holds(s, "f", 1000, "old"); /* nobody has told */
  atomic_fetch_add(&s->writes, 1);
  assert_holds(s, "f", 1000, "newer");
  assert_holds(s, "link", 1000, "newer");
  assert_int_equal(get(s, "f", CODING_NONE, 1000)->variants, 1U << CODING_GZIP);
  const struct shared_bytes *bytes = get(s, "f", CODING_NONE, 1000)->bytes;
  assert_ptr_equal(get(s, "f", CODING_NONE, 1000)->bytes, bytes); /* and then kept as before */
  shelf_free(s);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_written_a_moment_ago_is_read_each_time),
      IN_FOLDER(a_file_at_rest_is_believed_for_a_tenth_of_a_second),
      IN_FOLDER(bytes_are_read_again_after_two_seconds),
      IN_FOLDER(a_large_file_is_looked_at_each_time),
      IN_FOLDER(a_file_that_goes_is_gone),
      IN_FOLDER(an_encoded_file_that_comes_or_goes_is_noticed),
      IN_FOLDER(an_encoded_file_older_than_the_plain_one_is_no_version_of_it),
      IN_FOLDER(the_file_not_asked_for_longest_gives_way),
      IN_FOLDER(it_holds_a_sixteenth_of_the_descriptors_open),
      IN_FOLDER(what_was_published_is_seen_at_once_under_every_name),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
