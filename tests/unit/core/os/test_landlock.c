/* What a process still may after it has shut itself into some folders. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/document_root.h"
#include "core/os/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum { FAILED = -1 }; /* what a child says that could not be shut in */

/* In the test's folder: one of its own for every right, and one for none. */
static void put_folders(const struct folder *f)
{
  static const char *const names[] = {"read", "write", "both", "remove", "none"};
  for (size_t i = 0; i < LENGTH(names); i++) {
    char name[64];
    folder_sub(f->dir, names[i]);
    snprintf(name, sizeof name, "%s/file", names[i]);
    folder_put(f->dir, name, "text");
    snprintf(name, sizeof name, "%s/sub", names[i]);
    folder_sub(f->dir, name);
  }
}

static int enter(const struct folder *f)
{
  const struct landlock_folder folders[] = {
      {.fd = openat(f->dir, "read", O_RDONLY | O_CLOEXEC), .readable = true},
      {.fd = openat(f->dir, "write", O_PATH | O_CLOEXEC), .writable = true},
      {.fd = openat(f->dir, "both", O_RDONLY | O_CLOEXEC), .readable = true, .writable = true},
      {.fd = openat(f->dir, "remove", O_PATH | O_CLOEXEC), .removable = true},
      {.fd = openat(f->dir, "none", O_RDONLY | O_CLOEXEC)},
  };
  int abi = landlock_enter(folders, LENGTH(folders));
  for (size_t i = 0; i < LENGTH(folders); i++)
    close(folders[i].fd);
  return abi;
}

struct attempt;

static int enter_and_tell(const struct folder *f, const struct attempt *a)
{
  (void)a;
  int abi = enter(f);
  return abi < 0 ? FAILED : abi;
}

/* What `run` returns in a child, since nobody gets out again. It is told through a pipe, and the
 * child waits to be killed, since valgrind has words for a process that exits: on what it leaves
 * behind, and in place of its status. */
static int in_child(const struct folder *f,
                    int (*run)(const struct folder *, const struct attempt *),
                    const struct attempt *a)
{
  int ends[2], got = FAILED;
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    got = run(f, a);
    put_bytes(ends[1], &got, sizeof got);
    for (;;)
      pause();
  }
  close(ends[1]);
  assert_int_equal(read(ends[0], &got, sizeof got), sizeof got);
  close(ends[0]);
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  return got;
}

/* Each returns 0 or an errno. `name` is below the test's folder. */
static int result(int value)
{
  return value < 0 ? errno : 0;
}

static int try_read(const struct folder *f, const char *name)
{
  return result(openat(f->dir, name, O_RDONLY));
}

static int try_list(const struct folder *f, const char *name)
{
  return result(openat(f->dir, name, O_RDONLY | O_DIRECTORY));
}

static int try_write(const struct folder *f, const char *name)
{
  return result(openat(f->dir, name, O_WRONLY));
}

static int try_truncate(const struct folder *f, const char *name)
{
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", f->path, name);
  return result(truncate(path, 0));
}

static int try_make(const struct folder *f, const char *name)
{
  return result(openat(f->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int try_remove(const struct folder *f, const char *name)
{
  return result(unlinkat(f->dir, name, 0));
}

static int try_remove_folder(const struct folder *f, const char *name)
{
  return result(unlinkat(f->dir, name, AT_REMOVEDIR));
}

static int try_make_folder(const struct folder *f, const char *name)
{
  return result(mkdirat(f->dir, name, 0700));
}

static int try_make_link(const struct folder *f, const char *name)
{
  return result(symlinkat("file", f->dir, name));
}

static int try_make_fifo(const struct folder *f, const char *name)
{
  return result(mkfifoat(f->dir, name, 0600));
}

static int try_rename(const struct folder *f, const char *name)
{
  char other[64];
  snprintf(other, sizeof other, "%s.new", name);
  return result(renameat(f->dir, name, f->dir, other));
}

static int try_move(const struct folder *f, const char *name)
{
  return result(renameat(f->dir, name, f->dir, "both/sub/moved"));
}

static int try_execute(const struct folder *f, const char *name)
{
  (void)f;
  execl(name, name, (char *)NULL);
  return errno;
}

static int try_open(const struct folder *f, const char *name)
{
  (void)f;
  return result(open(name, O_RDONLY));
}

/* A row for those kernels that have at least the ABI. */
struct attempt {
  int abi;
  int (*attempt)(const struct folder *, const char *name);
  const char *name;
  int want;
};

static int shut_in_and_attempt(const struct folder *f, const struct attempt *a)
{
  return enter(f) > 0 ? a->attempt(f, a->name) : FAILED;
}

static int attempt(const struct folder *f, const struct attempt *a)
{
  return a->attempt(f, a->name);
}

static void run_attempts(const struct folder *f, const struct attempt *rows, size_t count,
                         int (*run)(const struct folder *, const struct attempt *))
{
  put_folders(f);
  int abi = in_child(f, enter_and_tell, NULL);
  assert_int_not_equal(abi, FAILED);
  if (abi == 0)
    skip(); /* the kernel has none, or valgrind knows it not */
  for (size_t i = 0; i < count; i++) {
    int got = rows[i].abi <= abi ? in_child(f, run, &rows[i]) : rows[i].want;
    if (got != rows[i].want)
      fail_msg("row %zu, %s: %s, not %s", i, rows[i].name, strerror(got), strerror(rows[i].want));
  }
}

static void a_folder_is_open_for_what_was_granted_and_for_nothing_else(void **state)
{
  static const struct attempt rows[] = {
      {1, try_read, "read/file", 0},
      {1, try_list, "read/sub", 0},
      {1, try_write, "read/file", EACCES},
      {3, try_truncate, "read/file", EACCES},
      {1, try_make, "read/new", EACCES},
      {1, try_remove, "read/file", EACCES},
      {1, try_rename, "read/file", EACCES},
      {2, try_move, "read/file", EACCES},

      {1, try_read, "write/file", EACCES},
      {1, try_list, "write", EACCES},
      {1, try_write, "write/file", 0},
      {1, try_truncate, "write/file", 0},
      {1, try_make, "write/new", 0},
      {1, try_rename, "write/new", 0},
      {1, try_remove, "write/new.new", 0},
      {1, try_remove_folder, "write/sub", EACCES},
      {1, try_make_folder, "write/folder", EACCES},
      {1, try_make_link, "write/link", EACCES},
      {1, try_make_fifo, "write/fifo", EACCES},
      {2, try_move, "write/file", EXDEV}, /* no move makes a file readable that was not */

      {1, try_read, "both/file", 0},
      {2, try_move, "both/file", 0},
      {2, try_read, "both/sub/moved", 0},
      {1, try_make, "both/sub/new", 0},
      {1, try_remove, "both/sub/new", 0},

      {1, try_read, "remove/file", EACCES},
      {1, try_list, "remove", EACCES},
      {1, try_write, "remove/file", EACCES},
      {1, try_make, "remove/new", EACCES},
      {1, try_remove_folder, "remove/sub", EACCES},
      {1, try_remove, "remove/file", 0},

      {1, try_read, "none/file", EACCES},
      {1, try_list, "none", EACCES},
      {1, try_list, ".", EACCES},
      {1, try_remove, "none/file", EACCES},
      {1, try_open, "/etc/passwd", EACCES},
      {1, try_open, "/proc/version", EACCES},
      {1, try_execute, "/bin/true", EACCES},
  };
  run_attempts(*state, rows, LENGTH(rows), shut_in_and_attempt);
}

/* From here on an attempt shuts itself in, in the midst of what it does. */
static int read_what_was_open(const struct folder *f, const char *name)
{
  char text[8];
  int fd = openat(f->dir, name, O_RDONLY);
  return enter(f) <= 0 ? FAILED : result((int)read(fd, text, sizeof text));
}

static int open_by_document_root(const struct folder *f, const char *name)
{
  struct document_root t;
  struct stat st;
  char root[PATH_MAX + 8];
  snprintf(root, sizeof root, "%s/read", f->path);
  if (document_root_open(&t, root, LINKS_INSIDE, false, NULL) || enter(f) <= 0)
    return FAILED;
  int fd = document_root_open_path(&t, name, &st);
  t.no_openat2 = true;
  int walked = document_root_open_path(&t, name, &st);
  return fd < 0 ? -fd : walked < 0 ? -walked : 0;
}

static void *read_elsewhere(void *f)
{
  return (void *)(intptr_t)try_read(f, "none/file"); /* NOLINT: a number on its way */
}

static int read_in_a_thread(const struct folder *f, const char *name)
{
  pthread_t thread;
  void *err;
  (void)name;
  if (enter(f) <= 0 || pthread_create(&thread, NULL, read_elsewhere, (void *)f))
    return FAILED;
  pthread_join(thread, &err);
  return (int)(intptr_t)err;
}

static int shut_in_twice(const struct folder *f, const char *name)
{
  if (enter(f) <= 0)
    return FAILED;
  const struct landlock_folder all = {.fd = f->dir, .readable = true};
  return landlock_enter(&all, 1) <= 0 ? FAILED : try_read(f, name);
}

static int gain_rights(const struct folder *f, const char *name)
{
  (void)name;
  return enter(f) <= 0 ? FAILED : prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

static int accept_one(const struct folder *f, const char *name)
{
  struct sockaddr_storage sa;
  socklen_t size;
  int listener = tcp_socket(&sa, &size, 1);
  tcp_connect(&sa, size);
  (void)name;
  return enter(f) <= 0 ? FAILED : result(accept(listener, NULL, NULL));
}

static int connect_to_one(const struct folder *f, const char *name)
{
  struct sockaddr_storage sa;
  socklen_t size;
  tcp_socket(&sa, &size, 1);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  (void)name;
  return enter(f) <= 0 ? FAILED : result(connect(fd, (struct sockaddr *)&sa, size));
}

static int listen_anew(const struct folder *f, const char *name)
{
  const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  (void)name;
  return enter(f) <= 0 ? FAILED : result(bind(fd, (const struct sockaddr *)&in, sizeof in));
}

static int signal_the_parent(const struct folder *f, const char *name)
{
  (void)name;
  return enter(f) <= 0 ? FAILED : result(kill(getppid(), SIGURG)); /* which is ignored */
}

static int signal_itself(const struct folder *f, const char *name)
{
  (void)name;
  return enter(f) <= 0 ? FAILED : result(kill(getpid(), SIGURG));
}

static void what_a_server_needs_still_works_and_all_else_does_not(void **state)
{
  static const struct attempt rows[] = {
      {1, read_what_was_open, "none/file", 0},
      {1, open_by_document_root, "", 0},
      {1, open_by_document_root, "file", 0},
      {1, open_by_document_root, "missing", ENOENT},
      {1, read_in_a_thread, "", EACCES},
      {1, shut_in_twice, "read/file", 0},
      {1, shut_in_twice, "none/file", EACCES},
      {1, gain_rights, "", EPERM},
      {1, accept_one, "", 0},
      {4, connect_to_one, "", EACCES},
      {4, listen_anew, "", EACCES},
      {6, signal_the_parent, "", EPERM},
      {6, signal_itself, "", 0},
  };
  run_attempts(*state, rows, LENGTH(rows), attempt);
}

/* A descriptor that is none, and one that is open on a file: nothing is shut then. */
static int refuse_folder(const struct folder *f, const struct attempt *a)
{
  const struct landlock_folder bad = {.fd = openat(f->dir, a->name, O_RDONLY), .readable = true};
  int err = landlock_enter(&bad, 1);
  return try_read(f, "none/file") ? FAILED : -err;
}

static void what_is_no_folder_is_refused_and_nothing_is_shut(void **state)
{
  static const struct attempt rows[] = {
      {1, NULL, "missing", EBADF},
      {1, NULL, "read/file", EINVAL},
  };
  run_attempts(*state, rows, LENGTH(rows), refuse_folder);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(a_folder_is_open_for_what_was_granted_and_for_nothing_else),
      IN_FOLDER(what_a_server_needs_still_works_and_all_else_does_not),
      IN_FOLDER(what_is_no_folder_is_refused_and_nothing_is_shut),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
