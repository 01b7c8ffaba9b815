#include "cmd/fetch/output.h"

#include "core/os/file_overwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { MOST_LINKS = 40 };

#define NO_DESCRIPTORS .fd = -1, .dir = -1, .older_fd = -1, .staged = -1, .part.fd = -1

static int cannot(const struct output *o, int err, struct error *e)
{
  return error_set(e, err, "write %s", o->shown);
}

/* Opens the folder of `path`, so that a link changed later does not lead elsewhere. */
static int open_folder(struct output *o, const char *path, struct error *e)
{
  const char *slash = strrchr(path, '/');
  char *folder = !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
  o->kind = OUTPUT_FILE;
  o->name = strdup(slash ? slash + 1 : path);
  if (!folder || !o->name) {
    free(folder);
    return cannot(o, UV_ENOMEM, e);
  }
  o->dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int err = o->dir < 0 ? -errno : 0;
  if (!err && !o->exists && faccessat(o->dir, ".", W_OK | X_OK, 0) < 0)
    err = -errno;
  free(folder);
  if (!err && o->name[0] == '\0')
    err = UV_EISDIR;
  return err ? cannot(o, err, e) : 0;
}

/* The open descriptor that `path` stands for, such as /dev/stdout, or -1. Its file is written at
 * the current position, not replaced. */
static int own_descriptor(const char *path)
{
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  if (strcmp(path, "/dev/stdout") == 0)
    return STDOUT_FILENO;
  if (strcmp(path, "/dev/stderr") == 0)
    return STDERR_FILENO;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    size_t n = strlen(folders[i]);
    if (strncmp(path, folders[i], n) == 0 && path[n] && !path[n + strspn(path + n, "0123456789")])
      return atoi(path + n);
  }
  return -1;
}

static int open_own(struct output *o, int fd, struct error *e)
{
  o->kind = OUTPUT_DEVICE;
  o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return o->fd < 0 ? cannot(o, -errno, e) : 0;
}

static int open_device(struct output *o, const char *path, bool waits, struct error *e)
{
  o->kind = OUTPUT_DEVICE;
  o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK));
  return o->fd < 0 ? cannot(o, -errno, e) : 0;
}

/* Where the link `path` leads, from the folder that it is in; a path that is no link stays as it
 * is. To be freed; NULL without memory. */
static char *follow_link(const char *path)
{
  char target[PATH_MAX];
  ssize_t n = readlink(path, target, sizeof target - 1);
  if (n < 0)
    return strdup(path);
  target[n] = '\0';
  const char *slash = strrchr(path, '/');
  size_t folder = slash && target[0] != '/' ? (size_t)(slash - path) + 1 : 0;
  char *whole = malloc(folder + (size_t)n + 1);
  if (whole)
    memcpy((char *)memcpy(whole, path, folder) + folder, target, (size_t)n + 1);
  return whole;
}

/* There is nothing at `path`, or a link that leads to nothing yet. */
static int open_new(struct output *o, const char *path, struct error *e)
{
  char *at = strdup(path);
  struct stat st;
  for (int i = 0; at && i < MOST_LINKS && lstat(at, &st) == 0 && S_ISLNK(st.st_mode); i++) {
    char *next = follow_link(at);
    free(at);
    at = next;
  }
  int err = at ? open_folder(o, at, e) : cannot(o, UV_ENOMEM, e);
  free(at);
  return err;
}

int output_init(struct output *o, const char *path, bool waits, struct error *e)
{
  struct stat st;
  char real[PATH_MAX];
  *o = (struct output){.shown = path ? path : "stdout", NO_DESCRIPTORS};
  if (!path)
    return 0;
  if (*path == '\0')
    return cannot(o, UV_ENOENT, e);
  if (own_descriptor(path) >= 0)
    return open_own(o, own_descriptor(path), e);
  if (stat(path, &st) < 0)
    return errno == ENOENT || errno == ENOTDIR ? open_new(o, path, e) : cannot(o, -errno, e);
  if (S_ISDIR(st.st_mode))
    return cannot(o, UV_EISDIR, e);
  if (!S_ISREG(st.st_mode))
    return open_device(o, path, waits, e);
  /* A read-only file is not replaced, and a link stays a link. */
  if (access(path, W_OK) < 0 || !realpath(path, real))
    return cannot(o, -errno, e);
  o->exists = true;
  o->older = st;
  return open_folder(o, real, e);
}

int output_find_part(struct output *o, const char *url, struct error *e)
{
  return partial_file_find(&o->part, o->dir, o->name, url, o->shown, e);
}

int output_open_older(struct output *o)
{
  if (o->older_fd < 0)
    o->older_fd = openat(o->dir, o->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  return o->older_fd < 0 ? -errno : o->older_fd;
}

static void close_staged(struct output *o)
{
  if (o->staged >= 0)
    close(o->staged);
  o->staged = -1;
}

/* The folder takes no new file. */
static bool is_closed(int err)
{
  return err == UV_EACCES || err == UV_EPERM || err == UV_EROFS;
}

/* A new file: the partial one, or a hidden one beside the file, or one elsewhere. 0 or a negative
 * errno. */
static int begin_file(struct output *o)
{
  int err = 0;
  partial_file_forget(&o->part);
  o->not_kept = 0;
  if (o->keeps)
    o->file = partial_file_begin(o->dir, o->name, &o->of, &o->not_kept);
  if (!o->file)
    o->file = atomic_file_new(o->dir, o->name, &err);
  if (o->file || !o->exists || !is_closed(err))
    return err;
  o->staged = file_open_unnamed();
  return o->staged < 0 ? o->staged : 0;
}

int output_open(struct output *o, bool resumes, struct error *e)
{
  int err = 0;
  if (o->kind == OUTPUT_STDOUT)
    return STDOUT_FILENO;
  if (o->kind == OUTPUT_DEVICE)
    return o->fd;
  atomic_file_free(o->file);
  o->file = NULL;
  close_staged(o);
  o->resumed = resumes;
  if (!resumes)
    err = begin_file(o);
  else if (!(o->file = partial_file_take(&o->part, o->dir, o->name)))
    err = UV_ENOMEM;
  if (err)
    return cannot(o, err, e);
  if (!o->file)
    return o->staged;
  /* Not set-user-ID: that was for the old contents. */
  if (o->exists && fchmod(o->file->fd, o->older.st_mode & 0777) < 0)
    return cannot(o, -errno, e);
  return o->file->fd;
}

static void set_time(const struct output *o, int fd)
{
  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = o->modified}};
  if (o->modified)
    futimens(fd, times); /* the bytes are right without it, too */
}

/* Copies all of `from` into the older file. */
static int write_over(struct output *o, int from, const char *why)
{
  int fd = openat(o->dir, o->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  int err = fd < 0 ? -errno : file_overwrite(fd, from);
  if (!err)
    set_time(o, fd);
  if (fd >= 0 && close(fd) < 0 && !err)
    err = -errno;
  o->stays = why;
  return err;
}

/* The older file holds on to its name. */
static int write_over_named(struct output *o, const char *why)
{
  int from = openat(o->dir, o->file->temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0)
    return -errno;
  int err = write_over(o, from, why);
  close(from);
  return err;
}

static int replace(struct output *o)
{
  set_time(o, o->file->fd);
  int err = atomic_file_publish(o->file, !o->is_new);
  if (o->exists && err == UV_EBUSY)
    return write_over_named(o, "it is a mount point");
  if (o->exists && is_closed(err)) /* its folder is sticky, and it is somebody else's */
    return write_over_named(o, "its folder keeps it from being replaced");
  return err;
}

int output_publish(struct output *o, struct error *e)
{
  int err = 0;
  if (o->keeps && o->file && !partial_file_is_there(o->file))
    return error_say(e, UV_EBUSY, "write %s: another program has taken the name %s", o->shown,
                     o->file->temporary);
  if (o->file)
    err = replace(o);
  else if (o->staged >= 0)
    err = write_over(o, o->staged, "its folder cannot be written");
  if (err)
    return cannot(o, err, e);
  if (o->file || o->staged >= 0)
    output_remove(o);
  return 0;
}

void output_remove(struct output *o)
{
  atomic_file_free(o->file);
  o->file = NULL;
  close_staged(o);
  partial_file_forget(&o->part);
  if (o->kind == OUTPUT_FILE && o->keeps)
    partial_file_remove(o->dir, o->name);
}

/* Wrong bytes are cut off again, so that the partial file is as before. */
static int keep_part(struct output *o, bool right)
{
  if (!right && ftruncate(o->file->fd, (off_t)o->part.have) < 0)
    return -errno;
  return partial_file_keep(o->file);
}

static bool is_empty(int fd)
{
  struct stat st;
  return fstat(fd, &st) == 0 && st.st_size == 0;
}

int output_discard(struct output *o, bool right)
{
  int err = 0, fd = o->file ? o->file->fd : o->staged;
  bool stays = o->keeps && right && !is_empty(fd);
  if (!o->file && o->staged < 0)
    return 0;
  if (o->file && o->resumed)
    err = keep_part(o, right);
  else if (stays)
    err = o->not_kept ? o->not_kept : partial_file_keep(o->file);
  atomic_file_free(o->file);
  o->file = NULL;
  close_staged(o);
  if (o->keeps && !stays && !o->resumed && !o->not_kept)
    partial_file_remove(o->dir, o->name); /* FILE.part.from alone */
  return err;
}

void output_release(struct output *o)
{
  close_staged(o);
  atomic_file_free(o->file);
  partial_file_forget(&o->part);
  if (o->dir >= 0)
    close(o->dir);
  if (o->fd >= 0)
    close(o->fd);
  if (o->older_fd >= 0)
    close(o->older_fd);
  free(o->name);
  *o = (struct output){.kind = o->kind, .shown = o->shown, NO_DESCRIPTORS};
}
