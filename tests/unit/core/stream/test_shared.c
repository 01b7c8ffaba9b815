/* Bytes and files that several receivers share, on several threads. */
#include "tests/unit/lib/harness.h"

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

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(bytes_count_references_on_several_threads),
      TEST(a_file_is_closed_by_the_last_of_several_threads),
      TEST(no_bytes_can_be_shared_too),
      TEST(without_memory_the_file_is_closed_and_there_are_no_bytes),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
