#include "tests/unit/lib/folder.h"

#include "tests/unit/lib/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int folder_setup(void **state)
{
  struct folder *f = calloc(1, sizeof *f);
  *state = f;
  if (!f || reactor_setup((void **)&f->reactor))
    return -1;
  f->dir = folder_make(f->path);
  return 0;
}

int folder_teardown(void **state)
{
  struct folder *f = *state;
  close(f->dir);
  folder_remove(f->path);
  int err = reactor_teardown((void **)&f->reactor);
  free(f);
  return err;
}

int folder_make(char path[PATH_MAX])
{
  const char *tmp = getenv("TMPDIR");
  char template[PATH_MAX / 2];
  snprintf(template, sizeof template, "%s/anet.XXXXXX", tmp ? tmp : "/tmp");
  assert_non_null(mkdtemp(template));
  assert_non_null(realpath(template, path));
  assert_int_equal(chmod(path, 0755), 0); /* so that a test may look from another user's side */
  int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true(dir >= 0);
  return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
  (void)st, (void)type, (void)where;
  return remove(path);
}

void folder_remove(const char *path)
{
  assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void folder_put(int dir, const char *name, const char *text)
{
  int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  put(fd, text);
  close(fd);
}

void folder_sub(int dir, const char *name)
{
  assert_int_equal(mkdirat(dir, name, 0755), 0);
}

void folder_mode(int dir, const char *name, mode_t mode)
{
  assert_int_equal(fchmodat(dir, name, mode, 0), 0);
}

void folder_link(int dir, const char *name, const char *target)
{
  assert_int_equal(symlinkat(target, dir, name), 0);
}

void folder_fifo(int dir, const char *name)
{
  assert_int_equal(mkfifoat(dir, name, 0644), 0);
}

void folder_socket(const char *path, const char *name)
{
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int n = snprintf(un.sun_path, sizeof un.sun_path, "%s/%s", path, name);
  assert_true(n > 0 && (size_t)n < sizeof un.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
  close(fd);
}
