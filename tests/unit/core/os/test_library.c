/* Libraries opened on first use: what they give, and what is said where there is none. */
#include "tests/unit/lib/harness.h"

#include "core/os/library.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* One that every machine with a C library has. */
static const char *const soname = "libm.so.6";

struct functions {
  __typeof__(sqrt) *sqrt;
  __typeof__(hypot) *hypot;
};

static const struct library_symbol symbols[] = {
    {"sqrt", offsetof(struct functions, sqrt)},
    {"hypot", offsetof(struct functions, hypot)},
    {NULL, 0},
};

static struct library library_of(const char *name, struct functions *f)
{
  return (struct library){
      .soname = name, .symbols = symbols, .functions = f, .guard = PTHREAD_MUTEX_INITIALIZER};
}

static void its_functions_are_to_be_called_once_it_is_open(void **state)
{
  struct functions f = {0};
  struct library l = library_of(soname, &f);
  struct error e = {0};
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    assert_int_equal(library_open(&l, &e), 0);
    assert_int_equal(e.code, 0);
    assert_true(f.sqrt(9.0) == 3.0);
    assert_true(f.hypot(3.0, 4.0) == 5.0);
  }
}

static void it_is_opened_only_once(void **state)
{
  struct functions f = {0};
  struct library l = library_of(soname, &f);
  (void)state;
  assert_int_equal(library_open(&l, NULL), 0);
  l.soname = "libno-such-thing.so.9";
  f.sqrt = NULL;
  assert_int_equal(library_open(&l, NULL), 0);
  assert_null(f.sqrt);
}

static void one_that_is_missing_is_named(void **state)
{
  struct functions f = {0};
  struct library l = library_of("libno-such-thing.so.9", &f);
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    struct error e = {0};
    assert_int_equal(library_open(&l, &e), UV_ENOSYS);
    assert_int_equal(e.code, UV_ENOSYS);
    assert_string_equal(e.text, "library libno-such-thing.so.9: cannot open shared object file: "
                                "No such file or directory");
  }
  assert_int_equal(library_open(&l, NULL), UV_ENOSYS);
}

static void a_file_that_is_no_library_is_named(void **state)
{
  char path[] = "/tmp/library-XXXXXX";
  int fd = mkstemp(path);
  struct functions f = {0};
  struct library l = library_of(path, &f);
  struct error e = {0};
  char want[128];
  (void)state;
  put(fd, "this is no library, however long it may be: it does not begin as one does\n");
  close(fd);
  assert_int_equal(library_open(&l, &e), UV_ENOSYS);
  unlink(path);
  snprintf(want, sizeof want, "library %s: invalid ELF header", path);
  assert_string_equal(e.text, want);
}

static void a_function_that_it_has_not_is_named(void **state)
{
  static const struct library_symbol more[] = {
      {"sqrt", offsetof(struct functions, sqrt)},
      {"no_such_function", offsetof(struct functions, hypot)},
      {NULL, 0},
  };
  struct functions f = {0};
  struct library l = library_of(soname, &f);
  struct error e = {0};
  (void)state;
  l.symbols = more;
  assert_int_equal(library_open(&l, &e), UV_ENOSYS);
  assert_non_null(strstr(e.text, "library libm.so.6: "));
  assert_non_null(strstr(e.text, "undefined symbol: no_such_function"));
}

/* As one is that was installed in the meantime. */
static void what_was_missing_is_found_when_it_comes(void **state)
{
  char folder[] = "/tmp/library-XXXXXX", path[64];
  struct functions f = {0}, late = {0};
  Dl_info found;
  (void)state;
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/late.so", folder);
  struct library l = library_of(path, &late), first = library_of(soname, &f);
  assert_int_equal(library_open(&l, NULL), UV_ENOSYS);

  assert_int_equal(library_open(&first, NULL), 0);
  void *address;
  memcpy(&address, &f.sqrt, sizeof address);
  assert_int_not_equal(dladdr(address, &found), 0);
  assert_int_equal(symlink(found.dli_fname, path), 0);
  assert_int_equal(library_open(&l, NULL), 0);
  assert_true(late.sqrt(9.0) == 3.0);
  unlink(path);
  rmdir(folder);
}

enum { THREADS = 8 };

struct caller {
  pthread_t thread;
  pthread_barrier_t *barrier;
  struct library *library;
  double result;
};

static void *call(void *argument)
{
  struct caller *c = argument;
  const struct functions *f = c->library->functions;
  pthread_barrier_wait(c->barrier);
  if (library_open(c->library, NULL) == 0)
    c->result = f->sqrt(9.0);
  return NULL;
}

static void threads_may_open_it_at_the_same_time(void **state)
{
  struct functions f = {0};
  struct library l = library_of(soname, &f);
  struct caller callers[THREADS];
  pthread_barrier_t barrier;
  (void)state;
  pthread_barrier_init(&barrier, NULL, THREADS);
  for (unsigned i = 0; i < THREADS; i++) {
    callers[i] = (struct caller){.barrier = &barrier, .library = &l};
    assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(callers[i].thread, NULL);
    assert_true(callers[i].result == 3.0);
  }
  pthread_barrier_destroy(&barrier);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(its_functions_are_to_be_called_once_it_is_open),
      TEST(it_is_opened_only_once),
      TEST(one_that_is_missing_is_named),
      TEST(a_file_that_is_no_library_is_named),
      TEST(a_function_that_it_has_not_is_named),
      TEST(what_was_missing_is_found_when_it_comes),
      TEST(threads_may_open_it_at_the_same_time),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
