#include "core/os/atomic_file.h"

#include "core/os/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static struct atomic_file *make(int dir, int fd, const char *temporary, const char *name)
{
  size_t before = strlen(temporary) + 1;
  struct atomic_file *f = calloc(1, sizeof *f + before + strlen(name) + 1);
  if (!f)
    return NULL;
  list_init(&f->link);
  f->dir = dir;
  f->fd = fd;
  f->name = f->temporary + before;
  strcpy(f->temporary, temporary);
  strcpy(f->name, name);
  return f;
}

struct atomic_file *atomic_file_new(int dir, const char *name, int *err)
{
  char temporary[40];
  uint64_t random;
  *err = uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
  if (*err)
    return NULL;
  snprintf(temporary, sizeof temporary, ".anet-%016" PRIx64 ".part", random);
  struct atomic_file *f = make(dir, -1, temporary, name);
  if (!f) {
    *err = UV_ENOMEM;
    return NULL;
  }
  f->fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (f->fd >= 0)
    return f;
  *err = -errno;
  free(f);
  return NULL;
}

struct atomic_file *atomic_file_adopt(int dir, int fd, const char *temporary, const char *name)
{
  struct atomic_file *f = make(dir, fd, temporary, name);
  if (!f)
    close(fd);
  return f;
}

int atomic_file_write(struct atomic_file *f, const void *data, size_t n)
{
  size_t written;
  int err = file_write_all(f->fd, data, n, &written);
  f->size += written;
  return err;
}

int atomic_file_close(struct atomic_file *f)
{
  int fd = f->fd;
  f->fd = -1;
  return fd >= 0 && close(fd) < 0 ? -errno : 0;
}

/* Without ever replacing: where the file system has no rename that refuses to, by a second link. */
static int name_new(const struct atomic_file *f)
{
  if (renameat2(f->dir, f->temporary, f->dir, f->name, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -errno;
  if (linkat(f->dir, f->temporary, f->dir, f->name, 0) < 0)
    return -errno;
  unlinkat(f->dir, f->temporary, 0);
  return 0;
}

/* Over whatever has the name. */
static int rename_to(struct atomic_file *f, const char *name)
{
  return renameat(f->dir, f->temporary, f->dir, name) < 0 ? -errno : 0;
}

int atomic_file_publish(struct atomic_file *f, bool overwrite)
{
  struct stat st;
  int err = atomic_file_close(f);
  f->replaced = fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!err)
    err = overwrite ? rename_to(f, f->name) : name_new(f);
  if (!err)
    f->temporary[0] = '\0';
  return err;
}

int atomic_file_keep(struct atomic_file *f, const char *name)
{
  int err = atomic_file_close(f);
  if (!err)
    err = rename_to(f, name);
  if (!err)
    f->temporary[0] = '\0';
  return err;
}

void atomic_file_free(struct atomic_file *f)
{
  if (!f)
    return;
  list_remove(&f->link);
  if (f->fd >= 0)
    close(f->fd);
  if (f->temporary[0])
    unlinkat(f->dir, f->temporary, 0);
  free(f);
}
