/* A file made ready to be served, also when it changes while it is read. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/resource.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/* What happens to the file while it is read, so many times. */
static struct {
  unsigned times, reads;
  int error; /* of the read, or 0 */
  off_t grow_to;
  int dir;
} meanwhile;

static void touch(int dir, unsigned second)
{
  const struct timespec times[2] = {{1795248600 + second, 0}, {1795248600 + second, 0}};
  assert_int_equal(utimensat(dir, "f", times, 0), 0);
}

/* In the place of the C library's: someone writes to the file before the read has ended. */
ssize_t pread(int fd, void *data, size_t n, off_t offset)
{
  ssize_t got = syscall(SYS_pread64, fd, data, n, offset);
  meanwhile.reads++;
  if (meanwhile.times == 0)
    return got;
  meanwhile.times--;
  if (meanwhile.error) {
    errno = meanwhile.error;
    return -1;
  }
  if (meanwhile.grow_to) {
    int file = openat(meanwhile.dir, "f", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(file, meanwhile.grow_to), 0);
    close(file);
  } else {
    folder_put(meanwhile.dir, "f", "after");
  }
  touch(meanwhile.dir, meanwhile.reads);
  return got;
}

/* What a build with _FORTIFY_SOURCE calls in its place. */
ssize_t __pread_chk(int fd, void *data, size_t n, off_t offset, size_t room);

ssize_t __pread_chk(int fd, void *data, size_t n, off_t offset, size_t room)
{
  assert_true(n <= room);
  return pread(fd, data, n, offset);
}

static struct document_root root;
static struct media_types *types;

/* The file `f` of the test's folder, which holds "before" when it is opened. */
static struct resource *opened(const struct folder *f, int *err)
{
  const struct resource_source source = {&root, types, "Cache-Control: no-cache\r\n"};
  types = media_types_load_both(NULL, NULL, NULL);
  assert_int_equal(document_root_open(&root, f->path, LINKS_INSIDE, false, NULL), 0);
  meanwhile.dir = f->dir;
  meanwhile.reads = 0;
  folder_put(f->dir, "f", "before");
  touch(f->dir, 0);
  return resource_open(&source, "f", 1, CODING_NONE, err);
}

static void release(struct resource *r)
{
  resource_free(r);
  media_types_free(types);
  document_root_close(&root);
  meanwhile.times = 0;
  meanwhile.error = 0;
  meanwhile.grow_to = 0;
}

static void a_file_is_read_once_with_its_fields(void **state)
{
  int err;
  struct resource *r = opened(*state, &err);
  assert_non_null(r);
  assert_int_equal(meanwhile.reads, 1);
  assert_memory_equal(r->bytes->data, "before", 6);
  assert_int_equal(strncmp(r->lines, "Content-Length: 6\r\n", 19), 0);
  assert_non_null(strstr(r->lines, "Cache-Control: no-cache\r\n"));
  assert_non_null(strstr(r->lines, r->etag));
  assert_true(resource_is_same_file(r));
  release(r);
}

static void a_file_written_while_it_is_read_is_read_again(void **state)
{
  int err;
  meanwhile.times = 1;
  struct resource *r = opened(*state, &err);
  assert_non_null(r);
  assert_int_equal(meanwhile.reads, 2);
  assert_int_equal(r->bytes->length, 5);
  assert_memory_equal(r->bytes->data, "after", 5);
  assert_int_equal(strncmp(r->lines, "Content-Length: 5\r\n", 19), 0);
  release(r);
}

static void a_file_that_is_never_the_same_twice_is_sent_from_the_disk(void **state)
{
  int err;
  meanwhile.times = 100;
  struct resource *r = opened(*state, &err);
  assert_non_null(r);
  assert_null(r->bytes);
  assert_non_null(r->file);
  assert_int_equal(meanwhile.reads, 3);
  release(r);
}

static void a_file_that_grows_large_while_it_is_read_is_sent_from_the_disk(void **state)
{
  int err;
  meanwhile.times = 1;
  meanwhile.grow_to = RESOURCE_SMALL_FILE + 1;
  struct resource *r = opened(*state, &err);
  assert_non_null(r);
  assert_null(r->bytes);
  assert_int_equal(r->st.st_size, RESOURCE_SMALL_FILE + 1);
  assert_true(resource_is_same_file(r));
  int file = openat(meanwhile.dir, "f", O_WRONLY | O_CLOEXEC);
  assert_int_equal(ftruncate(file, RESOURCE_SMALL_FILE + 2), 0);
  close(file);
  assert_false(resource_is_same_file(r));
  release(r);
}

static void an_error_of_the_disk_is_told(void **state)
{
  int err = 0;
  meanwhile.times = 1;
  meanwhile.error = EIO;
  assert_null(opened(*state, &err));
  assert_int_equal(err, UV_EIO);
  release(NULL);
}

static void a_folder_is_no_file(void **state)
{
  int err = 0;
  const struct folder *f = *state;
  struct resource *r = opened(f, &err);
  const struct resource_source source = {&root, types, ""};
  folder_sub(f->dir, "sub");
  assert_null(resource_open(&source, "sub", 3, CODING_NONE, &err));
  assert_int_equal(err, UV_EISDIR);
  assert_null(resource_open(&source, "missing", 7, CODING_NONE, &err));
  assert_int_equal(err, UV_ENOENT);
  release(r);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_is_read_once_with_its_fields),
      IN_FOLDER(a_file_written_while_it_is_read_is_read_again),
      IN_FOLDER(a_file_that_is_never_the_same_twice_is_sent_from_the_disk),
      IN_FOLDER(a_file_that_grows_large_while_it_is_read_is_sent_from_the_disk),
      IN_FOLDER(an_error_of_the_disk_is_told),
      IN_FOLDER(a_folder_is_no_file),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
