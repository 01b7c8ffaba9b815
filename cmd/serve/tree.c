#include "cmd/serve/tree.h"

#include "cmd/serve/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#ifdef __linux__
#include <linux/openat2.h>
#endif

enum { RACES = 8 }; /* how often a path is tried that is renamed while it is resolved */

/* As openat, but nothing above `root` is ever reached, not even by a link. */
#ifdef SYS_openat2
static int open_beneath(int root, const char *path, int flags, bool links)
{
  struct open_how how = {
      .flags = (uint64_t)flags,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (links ? 0 : RESOLVE_NO_SYMLINKS),
  };
  for (int i = 0; i < RACES; i++) {
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN)
      return fd < 0 ? -errno : (int)fd;
  }
  return UV_ENOENT;
}
#else
static int open_beneath(int root, const char *path, int flags, bool links)
{
  (void)root;
  (void)path;
  (void)flags;
  (void)links;
  return UV_ENOSYS;
}
#endif

static int open_once(const struct tree *t, const char *path, int flags)
{
  if (t->links != TREE_LINKS_ALL)
    return open_beneath(t->root, path, flags, t->links == TREE_LINKS_INSIDE);
  int fd = openat(t->root, path, flags);
  return fd < 0 ? -errno : fd;
}

/* What it is is known before it is opened for reading: that could wake a FIFO's writer, or wind a
 * tape back. */
static int open_kernel(const struct tree *t, const char *path)
{
  struct stat st;
  int probe = open_once(t, path, O_PATH | O_CLOEXEC);
  if (probe < 0)
    return probe;
  int err = fstat(probe, &st) < 0 ? -errno : 0;
  close(probe);
  if (err)
    return err;
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
    return UV_ENOENT;
  return open_once(t, path, TREE_OPEN_FLAGS);
}

/* The kernel takes no absolute link for one that leads inside; the walk looks where it leads. */
static int open_any(const struct tree *t, const char *path)
{
  int fd = t->no_openat2 && t->links != TREE_LINKS_ALL ? UV_EXDEV : open_kernel(t, path);
  if (fd == UV_EXDEV)
    fd = walk(t, path);
  return fd;
}

int tree_open_path(const struct tree *t, const char *path, struct stat *st)
{
  int fd = open_any(t, path[0] ? path : ".");
  if (fd == UV_EXDEV || fd == UV_ELOOP || fd == UV_ENXIO)
    return UV_ENOENT; /* it leads where it may not, or is a socket or a device */
  if (fd < 0)
    return fd;
  int err = fstat(fd, st) < 0 ? -errno : 0;
  if (!err && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
    err = UV_ENOENT;
  if (err) {
    close(fd);
    return err;
  }
  return fd;
}

bool tree_is_unchanged(const struct tree *t, const char *path, const struct stat *st)
{
  struct stat now;
  int flags = t->links == TREE_LINKS_NONE ? AT_SYMLINK_NOFOLLOW : 0;
  return fstatat(t->root, path, &now, flags) == 0 && now.st_dev == st->st_dev &&
         now.st_ino == st->st_ino && now.st_size == st->st_size && now.st_mode == st->st_mode &&
         now.st_mtim.tv_sec == st->st_mtim.tv_sec && now.st_mtim.tv_nsec == st->st_mtim.tv_nsec &&
         now.st_ctim.tv_sec == st->st_ctim.tv_sec && now.st_ctim.tv_nsec == st->st_ctim.tv_nsec;
}

/* Splits `real` into the folder and the one file. */
static int only_file(struct tree *t)
{
  char *slash = strrchr(t->real, '/');
  t->only = strdup(slash + 1);
  slash[slash == t->real] = '\0';
  return t->only ? 0 : UV_ENOMEM;
}

static int open_root(struct tree *t, const char *path, struct error *e)
{
  struct stat st;
  t->real = realpath(path, NULL);
  if (!t->real || stat(t->real, &st) < 0)
    return error_set(e, -errno, "open %s", path);
  if (S_ISREG(st.st_mode)) {
    if (access(t->real, R_OK) < 0)
      return error_set(e, -errno, "open %s", path);
    if (only_file(t))
      return error_set(e, UV_ENOMEM, "open %s", path);
  } else if (!S_ISDIR(st.st_mode)) {
    return error_say(e, UV_EINVAL, "open %s: neither a folder nor a file", path);
  }
  t->root = open(t->real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return t->root < 0 ? error_set(e, -errno, "open %s", path) : 0;
}

/* Old kernels have no openat2, and some containers forbid it. */
static bool lacks_openat2(const struct tree *t)
{
  int fd = open_beneath(t->root, ".", O_PATH | O_CLOEXEC, true);
  if (fd >= 0)
    close(fd);
  return fd < 0;
}

int tree_open(struct tree *t, const char *path, enum tree_links links, bool hidden, struct error *e)
{
  *t = (struct tree){.root = -1, .links = links, .hidden = hidden};
  int err = open_root(t, path, e);
  if (err) {
    tree_close(t);
    return err;
  }
  t->no_openat2 = lacks_openat2(t);
  return 0;
}

void tree_close(struct tree *t)
{
  if (t->root >= 0)
    close(t->root);
  free(t->real);
  free(t->only);
  *t = (struct tree){.root = -1};
}
