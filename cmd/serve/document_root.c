#include "cmd/serve/document_root.h"

#include "cmd/serve/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

enum { TRIES = 8 }; /* for a path that others rename while it is opened */

#ifdef SYS_openat2
#include <linux/openat2.h>

static int open_by_kernel(int root, const char *path, bool links, int flags)
{
  struct open_how how = {
      .flags = (uint64_t)flags,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (links ? 0 : RESOLVE_NO_SYMLINKS),
  };
  long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
  return fd < 0 ? -errno : (int)fd;
}
#else
static int open_by_kernel(int root, const char *path, bool links, int flags)
{
  (void)root, (void)path, (void)links, (void)flags;
  return UV_ENOSYS;
}
#endif

/* Linux before 5.6 has no openat2, and an old filter of system calls refuses it. */
static bool has_openat2(int root)
{
  int fd = open_by_kernel(root, ".", true, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return false;
  close(fd);
  return true;
}

static int open_beneath(const struct tree *t, const char *path, int flags)
{
  bool links = t->links != TREE_LINKS_NONE;
  if (t->links == TREE_LINKS_ALL) {
    int fd = openat(t->root, path, flags);
    return fd < 0 ? -errno : fd;
  }
  if (t->no_openat2)
    return walk_open(t->root, t->real, path, links, flags);
  int fd = open_by_kernel(t->root, path, links, flags);
  /* The kernel lets no absolute link pass, wherever it leads; the walk tells them apart. */
  return fd == UV_EXDEV ? walk_open(t->root, t->real, path, links, flags) : fd;
}

static bool is_servable(const struct tree *t, const struct stat *st)
{
  return S_ISREG(st->st_mode) || (S_ISDIR(st->st_mode) && !t->only);
}

/* What the path names, before it is opened: to open a FIFO wakes who waits to write to it, and to
 * open a device can set it going. Not fstatat, which follows links to anywhere. */
static int look(const struct tree *t, const char *path, struct stat *st)
{
  int fd = open_beneath(t, path, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return fd;
  int err = fstat(fd, st) ? -errno : is_servable(t, st) ? 0 : UV_ENOENT;
  close(fd);
  return err;
}

/* The path is opened anew, as the way from an O_PATH descriptor to one that can be read leads
 * through /proc, which a chroot may lack. What has become a FIFO in between does not block. */
static int look_and_open(const struct tree *t, const char *path, struct stat *st)
{
  int err = look(t, path, st);
  if (err)
    return err;
  int fd = open_beneath(t, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return fd;
  err = fstat(fd, st) ? -errno : is_servable(t, st) ? 0 : UV_ENOENT;
  if (!err)
    return fd;
  close(fd);
  return err;
}

/* The name to ask the system for; NULL when nothing is served by it. */
static const char *name_of(const struct tree *t, const char *path)
{
  if (t->only)
    return *path == '\0' || strcmp(path, t->only) == 0 || strcmp(path, t->shown) == 0 ? t->only
                                                                                      : NULL;
  return *path ? path : ".";
}

int tree_stat(const struct tree *t, const char *path, struct stat *st)
{
  const char *name = name_of(t, path);
  return name ? look(t, name, st) : UV_ENOENT;
}

int tree_open_path(const struct tree *t, const char *path, struct stat *st)
{
  const char *name = name_of(t, path);
  if (!name)
    return UV_ENOENT;
  int fd = UV_EAGAIN;
  for (int i = 0; i < TRIES && fd == UV_EAGAIN; i++)
    fd = look_and_open(t, name, st);
  switch (fd) {
  case UV_EXDEV: /* it leads out */
  case UV_ELOOP: /* a link where none is followed, or too many */
  case UV_ENXIO: /* a FIFO, socket or device that took a file's place just now */
  case UV_ENODEV:
    return UV_ENOENT;
  default:
    return fd;
  }
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Links are followed to anywhere here, but where they lead to is told only if it is what was
 * opened before. */
bool tree_is_unchanged(const struct tree *t, const char *path, const struct stat *st)
{
  struct stat now;
  const char *name = name_of(t, path);
  int flags = t->links == TREE_LINKS_NONE ? AT_SYMLINK_NOFOLLOW : 0;
  return name && fstatat(t->root, name, &now, flags) == 0 && now.st_dev == st->st_dev &&
         now.st_ino == st->st_ino && now.st_size == st->st_size && now.st_mode == st->st_mode &&
         is_same_time(&now.st_mtim, &st->st_mtim) && is_same_time(&now.st_ctim, &st->st_ctim);
}

/* Cuts `real` into the folder and the file. */
static int split(struct tree *t, const char *path)
{
  char *slash = strrchr(t->real, '/');
  const char *name = strrchr(path, '/');
  t->only = strdup(slash + 1);
  t->shown = strdup(name ? name + 1 : path);
  if (!t->only || !t->shown)
    return UV_ENOMEM;
  slash[slash == t->real] = '\0'; /* the slash of `/` itself stays */
  return 0;
}

static int open_root(struct tree *t, const char *path)
{
  struct stat st;
  t->real = realpath(path, NULL);
  if (!t->real || stat(t->real, &st))
    return -errno;
  if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
    return UV_EINVAL;
  int err = S_ISREG(st.st_mode) ? split(t, path) : 0;
  if (err)
    return err;
  /* The folder of a file need not be readable: it is not listed. */
  t->root = open(t->real, (t->only ? O_PATH : O_RDONLY) | O_DIRECTORY | O_CLOEXEC);
  if (t->root < 0)
    return -errno;
  t->no_openat2 = !has_openat2(t->root);
  int fd = tree_open_path(t, "", &st);
  if (fd < 0)
    return fd;
  close(fd);
  return 0;
}

int tree_open(struct tree *t, const char *path, enum tree_links links, bool hidden, struct error *e)
{
  *t = (struct tree){.root = -1, .links = links, .hidden = hidden};
  int err = open_root(t, path);
  if (!err)
    return 0;
  tree_close(t);
  if (err == UV_EINVAL)
    return error_say(e, err, "open %s: neither a file nor a folder", path);
  return error_set(e, err, "open %s", path);
}

void tree_close(struct tree *t)
{
  if (t->root >= 0)
    close(t->root);
  free(t->real);
  free(t->only);
  free(t->shown);
  *t = (struct tree){.root = -1};
}
