#include "cmd/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static int open_temporary(struct incoming *f)
{
  uint64_t random;
  int err = uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
  if (err)
    return err;
  snprintf(f->temporary, sizeof f->temporary, ".anet-%016" PRIx64 ".part", random);
  f->fd = openat(f->dir, f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  return f->fd < 0 ? -errno : 0;
}

struct incoming *incoming_new(int dir, const char *name, int *err)
{
  struct incoming *f = calloc(1, sizeof *f + strlen(name) + 1);
  if (!f) {
    *err = UV_ENOMEM;
    return NULL;
  }
  list_init(&f->link);
  f->dir = dir;
  strcpy(f->name, name);
  *err = open_temporary(f);
  if (*err == 0)
    return f;
  free(f);
  return NULL;
}

int incoming_write(struct incoming *f, const void *data, size_t n)
{
  const char *at = data;
  while (n > 0) {
    ssize_t put = write(f->fd, at, n);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return -errno;
    at += put;
    n -= (size_t)put;
    f->size += (uint64_t)put;
  }
  return 0;
}

int incoming_close(struct incoming *f)
{
  int fd = f->fd;
  f->fd = -1;
  return fd >= 0 && close(fd) < 0 ? -errno : 0;
}

/* Without ever replacing: where the file system has no rename that refuses to, by a second link. */
static int name_new(const struct incoming *f)
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

int incoming_publish(struct incoming *f, bool overwrite)
{
  struct stat st;
  int err = incoming_close(f);
  f->replaced = fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (err)
    return err;
  if (!overwrite)
    err = name_new(f);
  else if (renameat(f->dir, f->temporary, f->dir, f->name) < 0)
    err = -errno;
  if (!err)
    f->temporary[0] = '\0';
  return err;
}

void incoming_free(struct incoming *f)
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
