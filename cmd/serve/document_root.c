#include "cmd/serve/document_root.h"

#include "cmd/serve/file_time.h"
#include "cmd/serve/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

enum { TRIES = 8 }; /* for a path that is renamed while it is opened */

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

/* Linux before 5.6 has no openat2, and old seccomp filters refuse it. */
static bool has_openat2(int root)
{
  int fd = open_by_kernel(root, ".", true, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return false;
  close(fd);
  return true;
}

static int open_inside(const struct document_root *root, const char *path, int flags)
{
  bool links = root->links != LINKS_NONE;
  if (root->links == LINKS_ALL) {
    int fd = openat(root->fd, path, flags);
    return fd < 0 ? -errno : fd;
  }
  if (root->no_openat2)
    return open_beneath(root->fd, root->real, path, links, flags);
  int fd = open_by_kernel(root->fd, path, links, flags);
  /* The kernel refuses every absolute link; open_beneath follows those that stay inside. */
  return fd == UV_EXDEV ? open_beneath(root->fd, root->real, path, links, flags) : fd;
}

static bool is_servable(const struct document_root *root, const struct stat *st)
{
  return S_ISREG(st->st_mode) || (S_ISDIR(st->st_mode) && !root->only);
}

/* Examines the file before it is opened: opening a FIFO wakes its writers, and opening a device may
 * start it. Not with fstatat, which follows links to anywhere. */
static int look(const struct document_root *root, const char *path, struct stat *st)
{
  int fd = open_inside(root, path, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return fd;
  int err = fstat(fd, st) ? -errno : is_servable(root, st) ? 0 : UV_ENOENT;
  close(fd);
  return err;
}

/* Opens the path a second time: an O_PATH descriptor can be reopened only through /proc, which a
 * chroot may lack. If it has become a FIFO meanwhile, O_NONBLOCK keeps that from blocking. */
static int look_and_open(const struct document_root *root, const char *path, struct stat *st)
{
  int err = look(root, path, st);
  if (err)
    return err;
  int fd = open_inside(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return fd;
  err = fstat(fd, st) ? -errno : is_servable(root, st) ? 0 : UV_ENOENT;
  if (!err)
    return fd;
  close(fd);
  return err;
}

/* The name to open; NULL if nothing is served under `path`. */
static const char *name_of(const struct document_root *root, const char *path)
{
  if (root->only)
    return *path == '\0' || strcmp(path, root->only) == 0 || strcmp(path, root->shown) == 0
               ? root->only
               : NULL;
  return *path ? path : ".";
}

int document_root_stat(const struct document_root *root, const char *path, struct stat *st)
{
  const char *name = name_of(root, path);
  return name ? look(root, name, st) : UV_ENOENT;
}

int document_root_open_path(const struct document_root *root, const char *path, struct stat *st)
{
  const char *name = name_of(root, path);
  if (!name)
    return UV_ENOENT;
  int fd = UV_EAGAIN;
  for (int i = 0; i < TRIES && fd == UV_EAGAIN; i++)
    fd = look_and_open(root, name, st);
  switch (fd) {
  case UV_EXDEV: /* it leads outside */
  case UV_ELOOP: /* a link that is not followed, or too many */
  case UV_ENXIO: /* a FIFO, socket or device has just taken the file's place */
  case UV_ENODEV:
    return UV_ENOENT;
  default:
    return fd;
  }
}

/* This follows links to anywhere, which is safe: the result says only whether it is the same file
 * that was opened before. */
bool document_root_is_unchanged(const struct document_root *root, const char *path,
                                const struct stat *st)
{
  struct stat now;
  const char *name = name_of(root, path);
  int flags = root->links == LINKS_NONE ? AT_SYMLINK_NOFOLLOW : 0;
  return name && fstatat(root->fd, name, &now, flags) == 0 && now.st_dev == st->st_dev &&
         now.st_ino == st->st_ino && now.st_size == st->st_size && now.st_mode == st->st_mode &&
         file_time_is_same(now.st_mtim, st->st_mtim) && file_time_is_same(now.st_ctim, st->st_ctim);
}

/* Splits `real` into the folder and the file. */
static int split(struct document_root *root, const char *path)
{
  char *slash = strrchr(root->real, '/');
  const char *name = strrchr(path, '/');
  root->only = strdup(slash + 1);
  root->shown = strdup(name ? name + 1 : path);
  if (!root->only || !root->shown)
    return UV_ENOMEM;
  slash[slash == root->real] = '\0'; /* but the slash of `/` stays */
  return 0;
}

static int open_root(struct document_root *root, const char *path)
{
  struct stat st;
  root->real = realpath(path, NULL);
  if (!root->real || stat(root->real, &st))
    return -errno;
  if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
    return UV_EINVAL;
  int err = S_ISREG(st.st_mode) ? split(root, path) : 0;
  if (err)
    return err;
  /* The folder of a file need not be readable: it is not listed. */
  root->fd = open(root->real, (root->only ? O_PATH : O_RDONLY) | O_DIRECTORY | O_CLOEXEC);
  if (root->fd < 0)
    return -errno;
  root->no_openat2 = !has_openat2(root->fd);
  int fd = document_root_open_path(root, "", &st);
  if (fd < 0)
    return fd;
  close(fd);
  return 0;
}

int document_root_open(struct document_root *root, const char *path, enum link_policy links,
                       bool hidden, struct error *e)
{
  *root = (struct document_root){.fd = -1, .links = links, .hidden = hidden};
  int err = open_root(root, path);
  if (!err)
    return 0;
  document_root_close(root);
  if (err == UV_EINVAL)
    return error_say(e, err, "open %s: neither a file nor a folder", path);
  return error_set(e, err, "open %s", path);
}

void document_root_close(struct document_root *root)
{
  if (root->fd >= 0)
    close(root->fd);
  free(root->real);
  free(root->only);
  free(root->shown);
  *root = (struct document_root){.fd = -1};
}
