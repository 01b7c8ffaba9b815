/* Bytes and files that several receivers share, on several threads. */
#include "tests/unit/lib/harness.h"

#include "core/base/buffer.h"
#include "core/stream/shared.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { THREADS = 4, TIMES = 200000 };

static pthread_barrier_t all_begin;

static void *hold_and_drop_bytes(void *arg)
{
  struct shared_bytes *b = arg;
  pthread_barrier_wait(&all_begin);
  for (int i = 0; i < TIMES; i++)
    shared_bytes_drop(shared_bytes_hold(b));
  shared_bytes_drop(b); /* this thread's own */
  return NULL;
}

static void *hold_and_drop_file(void *arg)
{
  struct shared_file *f = arg;
  pthread_barrier_wait(&all_begin);
  for (int i = 0; i < TIMES; i++)
    shared_file_drop(shared_file_hold(f));
  shared_file_drop(f);
  return NULL;
}

static void run_threads(void *(*run)(void *), void *arg)
{
  pthread_t threads[THREADS];
  pthread_barrier_init(&all_begin, NULL, THREADS);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run, arg), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&all_begin);
}

static void bytes_count_references_on_several_threads(void **state)
{
  struct shared_bytes *b = shared_bytes_new("hello", 5);
  (void)state;
  for (int i = 0; i < THREADS; i++)
    shared_bytes_hold(b);
  run_threads(hold_and_drop_bytes, b);
  assert_int_equal(b->references, 1);
  assert_memory_equal(b->data, "hello", 5);
  shared_bytes_drop(b);
}

static void a_file_is_closed_by_the_last_of_several_threads(void **state)
{
  struct stat st;
  int fd = temporary_file();
  (void)state;
  assert_int_equal(fstat(fd, &st), 0);
  struct shared_file *f = shared_file_new(fd, &st);
  for (int i = 1; i < THREADS; i++)
    shared_file_hold(f);
  assert_true(is_open(fd));
  run_threads(hold_and_drop_file, f);
  assert_false(is_open(fd));
}

static void bytes_of_a_page_or_more_begin_at_a_page(void **state)
{
  static const size_t sizes[] = {BUFFER_PAGE, BUFFER_PAGE + 1, 40001, 64 * 1024, 1000003};
  static uint8_t much[1000003];
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    fill_pattern(much, sizes[i], 0);
    struct shared_bytes *b = shared_bytes_new(much, sizes[i]);
    assert_int_equal((uintptr_t)b->data % BUFFER_PAGE, 0);
    assert_int_equal(b->length, sizes[i]);
    assert_pattern(b->data, sizes[i], 0);
    shared_bytes_drop(shared_bytes_hold(b));
    shared_bytes_drop(b);
  }
}

static void no_bytes_can_be_shared_too(void **state)
{
  struct shared_bytes *b = shared_bytes_new(NULL, 0);
  (void)state;
  assert_int_equal(b->length, 0);
  shared_bytes_drop(b);
}

/* Without memory. */

static bool no_memory;
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *__wrap_malloc(size_t n)
{
  return no_memory ? NULL : __real_malloc(n);
}

static void without_memory_the_file_is_closed_and_there_are_no_bytes(void **state)
{
  struct stat st;
  int fd = temporary_file();
  (void)state;
  assert_int_equal(fstat(fd, &st), 0);
  no_memory = true;
  struct shared_file *f = shared_file_new(fd, &st);
  struct shared_bytes *b = shared_bytes_new("hello", 5);
  no_memory = false;
  assert_null(f);
  assert_null(b);
  assert_false(is_open(fd));
}

static struct shared_file *file_of_size(int64_t size)
{
  struct stat st;
  int fd = temporary_file();
  assert_int_equal(ftruncate(fd, size), 0);
  assert_int_equal(fstat(fd, &st), 0);
  return shared_file_new(fd, &st);
}

static void a_block_that_was_seen_in_memory_is_warm_for_some_seconds(void **state)
{
  enum { NOW_MS = 64000 };
  struct shared_file *f = file_of_size(2 * SHARED_FILE_BLOCK);
  (void)state;
  assert_false(shared_file_is_warm(f, 0, NOW_MS));
  shared_file_saw_warm(f, 100, NOW_MS);
  assert_true(shared_file_is_warm(f, 0, NOW_MS));
  assert_true(shared_file_is_warm(f, SHARED_FILE_BLOCK - 1, NOW_MS + 1000));
  assert_false(shared_file_is_warm(f, SHARED_FILE_BLOCK, NOW_MS));
  assert_false(shared_file_is_warm(f, 0, NOW_MS + 10000));
  shared_file_drop(f);
}

static void of_what_lies_behind_the_last_block_nothing_is_kept(void **state)
{
  int64_t behind = (int64_t)SHARED_FILE_MOST_BLOCKS * SHARED_FILE_BLOCK;
  struct shared_file *f = file_of_size(2 * behind);
  (void)state;
  shared_file_saw_warm(f, behind - 1, 0);
  shared_file_saw_warm(f, behind, 0);
  assert_true(shared_file_is_warm(f, behind - 1, 0));
  assert_false(shared_file_is_warm(f, behind, 0));
  shared_file_drop(f);
}

static void a_look_at_a_file_holds_for_the_time_given(void **state)
{
  enum { HOUR_S = 3600 };
  const uint64_t hour_ns = HOUR_S * 1000000000ULL;
  struct shared_file *f = file_of_size(10);
  (void)state;
  assert_true(shared_file_is_same(f));
  assert_true(shared_file_was_same(f, hour_ns));
  assert_false(shared_file_was_same(f, 0));
  assert_int_equal(ftruncate(f->fd, 20), 0); /* it may grow */
  assert_true(shared_file_is_same(f));
  assert_int_equal(ftruncate(f->fd, 5), 0);
  assert_true(shared_file_was_same(f, hour_ns)); /* nobody has looked */
  assert_false(shared_file_is_same(f));
  shared_file_drop(f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(bytes_count_references_on_several_threads),
      TEST(a_file_is_closed_by_the_last_of_several_threads),
      TEST(a_block_that_was_seen_in_memory_is_warm_for_some_seconds),
      TEST(of_what_lies_behind_the_last_block_nothing_is_kept),
      TEST(a_look_at_a_file_holds_for_the_time_given),
      TEST(bytes_of_a_page_or_more_begin_at_a_page),
      TEST(no_bytes_can_be_shared_too),
      TEST(without_memory_the_file_is_closed_and_there_are_no_bytes),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
