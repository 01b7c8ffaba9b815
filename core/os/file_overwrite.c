#include "core/os/file_overwrite.h"

#include "core/os/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { PIECE = 64 * 1024 };

int file_open_unnamed(void)
{
  const char *folder = getenv("TMPDIR");
  char path[4096];
  if (!folder || !*folder)
    folder = "/tmp";
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd >= 0 ? fd : -errno;
  int n = snprintf(path, sizeof path, "%s/anet-XXXXXX", folder);
  if (n < 0 || (size_t)n >= sizeof path)
    return UV_ENAMETOOLONG;
  fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0)
    return -errno;
  unlink(path);
  return fd;
}

/* A file system that cannot reserve room finds out while writing. */
static int reserve(int fd, off_t size)
{
  if (size == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) == 0)
    return 0;
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -errno : 0;
}

int file_overwrite(int to, int from)
{
  char piece[PIECE];
  struct stat st, old;
  if (fstat(from, &st) < 0 || fstat(to, &old) < 0)
    return -errno;
  int err = reserve(to, st.st_size);
  if (err) /* and gives back what was reserved */
    return ftruncate(to, old.st_size) < 0 ? -errno : err;
  if (lseek(to, 0, SEEK_SET) < 0)
    return -errno;
  off_t at = 0;
  ssize_t n;
  while ((n = pread(from, piece, sizeof piece, at)) > 0 || (n < 0 && errno == EINTR)) {
    if (n < 0)
      continue;
    err = file_write_all(to, piece, (size_t)n, NULL);
    if (err)
      return err;
    at += n;
  }
  if (n < 0)
    return -errno;
  return ftruncate(to, at) < 0 ? -errno : 0;
}
