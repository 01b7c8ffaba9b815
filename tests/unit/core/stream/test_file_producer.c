/* Files that are not in the page cache: a thread reads them, and the loop goes on. The disk is
 * simulated: preadv2 says what is in memory, and a read by another thread takes until the test lets
 * it end. */
#include "tests/unit/lib/talker.h"

#include "core/stream/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static struct talker one, two;
static uint8_t much[512 * 1024], got[512 * 1024];

/* The disk. */

static struct {
  pthread_t loop;
  uv_sem_t done;      /* one for each read that may end */
  bool cold;          /* nothing is in memory ... */
  bool forgets;       /* ... also after it was read */
  atomic_bool filled; /* a thread has read */
  atomic_uint reads, reads_of_loop;
  unsigned asked; /* how often the loop asked what is in memory */
  bool without_threads;
} disk;

ssize_t __real_preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags);
ssize_t __real_pread(int fd, void *data, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t n, off_t offset);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);

ssize_t __wrap_preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
  disk.asked++;
  if (disk.cold && (disk.forgets || !atomic_load(&disk.filled))) {
    errno = EAGAIN;
    return -1;
  }
  ssize_t got_now = __real_preadv2(fd, iov, n, offset, flags);
  bool is_memfd = got_now < 0 && errno == EOPNOTSUPP; /* it is in memory, and cannot say so */
  return is_memfd ? 1 : got_now;
}

ssize_t __wrap_pread(int fd, void *data, size_t n, off_t offset)
{
  if (pthread_equal(pthread_self(), disk.loop)) {
    atomic_fetch_add(&disk.reads_of_loop, 1);
  } else {
    uv_sem_wait(&disk.done);
    atomic_fetch_add(&disk.reads, 1);
    atomic_store(&disk.filled, true);
  }
  return __real_pread(fd, data, n, offset);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
  return disk.without_threads ? EAGAIN : __real_pthread_create(thread, attr, run, arg);
}

static int disk_setup(void **state)
{
  memset(&disk, 0, sizeof disk);
  disk.loop = pthread_self();
  return uv_sem_init(&disk.done, 0) | reactor_setup(state);
}

static int disk_teardown(void **state)
{
  int err = reactor_teardown(state);
  uv_sem_destroy(&disk.done);
  return err;
}

/* The next `n` reads end. */
static void disk_answers(unsigned n)
{
  while (n--)
    uv_sem_post(&disk.done);
}

/* Files. */

static int patterned(int file, size_t n)
{
  fill_pattern(much, n, 0);
  put_bytes(file, much, n);
  return file;
}

/* All of `fd`, which the producer owns. */
static struct producer *file_of(int fd)
{
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  struct shared_file *f = shared_file_new(fd, &st);
  struct producer *p = producer_file(f, 0, (uint64_t)st.st_size);
  shared_file_drop(f);
  return p;
}

/* Takes `n` bytes of the file at `peer`, which is all. */
static void assert_file_comes(struct reactor *r, int peer, size_t n)
{
  size_t all = 0;
  while (!async_chat_is_drained(&one.c)) {
    all += take(peer, got + all, sizeof got - all);
    pass(r);
  }
  all += take(peer, got + all, sizeof got - all);
  assert_int_equal(all, n);
  assert_pattern(got, n, 0);
}

/* A connection to which a cold file of `n` bytes is being sent, and for which the disk is waited.
 */
static int send_cold(struct reactor *r, int file, struct producer **p)
{
  int peer = talker_pair(&one, r);
  disk.cold = true;
  *p = file_of(file);
  async_chat_push_with_producer(&one.c, *p);
  passes(r, 2);
  assert_true((*p)->waiting);
  assert_true((*p)->for_disk);
  assert_int_equal(one.c.sent, 0);
  return peer;
}

static void while_a_thread_reads_a_cold_file_the_loop_serves_others(void **state)
{
  struct producer *p;
  int peer = send_cold(*state, patterned(temporary_file(), 300000), &p);
  int other = talker_pair(&two, *state);
  for (int i = 0; i < 3; i++) {
    async_chat_push(&two.c, "meanwhile", 9);
    passes(*state, 1);
    assert_gets(other, "meanwhile");
  }
  assert_true(p->waiting);
  assert_false(is_readable(peer));
  disk_answers(1);
  assert_file_comes(*state, peer, 300000);
  assert_int_equal(atomic_load(&disk.reads), 1);
  close(peer);
  close(other);
}

static void the_loop_reads_nothing_that_is_not_in_memory(void **state)
{
  struct producer *p;
  int peer = send_cold(*state, patterned(temporary_file(), 1000), &p);
  assert_int_equal(atomic_load(&disk.reads_of_loop), 0);
  disk_answers(1);
  assert_file_comes(*state, peer, 1000);
  assert_int_equal(atomic_load(&disk.reads_of_loop), 0);
  close(peer);
}

static void each_piece_that_is_cold_is_read_by_a_thread(void **state)
{
  int peer = talker_pair(&one, *state);
  disk.cold = true;
  disk.forgets = true; /* it is read, and has left the cache when it is to be sent */
  async_chat_allow(&one.c, 100000);
  async_chat_push_with_producer(&one.c, file_of(patterned(temporary_file(), 300000)));
  for (unsigned i = 1; i <= 3; i++) {
    disk_answers(1);
    while (one.c.sent < i * 100000 - 4096) { /* the tail is held back */
      take(peer, got, sizeof got);
      pass(*state);
    }
    assert_int_equal(atomic_load(&disk.reads), i);
    if (i < 3)
      async_chat_allow(&one.c, 100000);
  }
  async_chat_allow(&one.c, UINT64_MAX);
  while (!async_chat_is_drained(&one.c)) {
    take(peer, got, sizeof got);
    pass(*state);
  }
  assert_int_equal(one.c.sent, 300000);
  close(peer);
}

static void a_channel_may_close_while_the_disk_is_read(void **state)
{
  struct producer *p;
  int file = patterned(temporary_file(), 1000);
  int peer = send_cold(*state, file, &p);
  async_chat_close(&one.c);
  passes(*state, 1);
  assert_true(is_open(file)); /* the thread has it still */
  disk_answers(1);
  reactor_hold(*state);
  while (is_open(file))
    pass(*state);
  reactor_unhold(*state);
  assert_ends(peer);
  close(peer);
}

static void without_threads_the_loop_reads_by_itself(void **state)
{
  int peer = talker_pair(&one, *state);
  disk.cold = true;
  disk.without_threads = true;
  async_chat_push_with_producer(&one.c, file_of(patterned(temporary_file(), 1000)));
  assert_file_comes(*state, peer, 1000);
  assert_int_equal(atomic_load(&disk.reads), 0);
  close(peer);
}

static void a_small_file_that_was_in_memory_is_not_asked_again(void **state)
{
  struct stat st;
  int peer = talker_pair(&one, *state);
  int fd = patterned(temporary_file(), 1000);
  assert_int_equal(fstat(fd, &st), 0);
  struct shared_file *f = shared_file_new(fd, &st);
  for (int i = 0; i < 3; i++) {
    async_chat_push_with_producer(&one.c, producer_file(f, 0, 1000));
    assert_file_comes(*state, peer, 1000);
  }
  assert_int_equal(disk.asked, 1);
  shared_file_drop(f);
  close(peer);
}

/* No simulation: a file on a disk that is not in the page cache, if the file system lets it go. */
static void a_file_that_is_really_cold_comes_as_it_is(void **state)
{
  enum { SIZE = 400000 };
  char name[] = "cold-XXXXXX", last;
  struct iovec iov = {&last, 1};
  int file = mkstemp(name);
  assert_true(file >= 0);
  unlink(name);
  patterned(file, SIZE);
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  bool is_cold = __real_preadv2(file, &iov, 1, SIZE - 1, RWF_NOWAIT) < 0 && errno == EAGAIN;
  if (!is_cold) {
    close(file);
    skip();
  }
  int peer = talker_pair(&one, *state);
  disk_answers(100); /* what was asked above made the kernel read ahead, how far it alone knows */
  async_chat_push_with_producer(&one.c, file_of(file));
  assert_file_comes(*state, peer, SIZE);
  close(peer);
}

#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, disk_setup, disk_teardown)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      ON_DISK(while_a_thread_reads_a_cold_file_the_loop_serves_others),
      ON_DISK(the_loop_reads_nothing_that_is_not_in_memory),
      ON_DISK(each_piece_that_is_cold_is_read_by_a_thread),
      ON_DISK(a_channel_may_close_while_the_disk_is_read),
      ON_DISK(without_threads_the_loop_reads_by_itself),
      ON_DISK(a_small_file_that_was_in_memory_is_not_asked_again),
      ON_DISK(a_file_that_is_really_cold_comes_as_it_is),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
