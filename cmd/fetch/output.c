#include "cmd/fetch/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

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
  int err = o->dir < 0 || faccessat(o->dir, ".", W_OK | X_OK, 0) < 0 ? -errno : 0;
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

int output_init(struct output *o, const char *path, bool waits, struct error *e)
{
  struct stat st;
  char real[PATH_MAX];
  *o = (struct output){.shown = path ? path : "stdout", .fd = -1, .dir = -1, .part.fd = -1};
  if (!path)
    return 0;
  if (*path == '\0')
    return cannot(o, UV_ENOENT, e);
  if (own_descriptor(path) >= 0)
    return open_own(o, own_descriptor(path), e);
  if (stat(path, &st) < 0)
    return errno == ENOENT || errno == ENOTDIR ? open_folder(o, path, e) : cannot(o, -errno, e);
  if (S_ISDIR(st.st_mode))
    return cannot(o, UV_EISDIR, e);
  if (!S_ISREG(st.st_mode))
    return open_device(o, path, waits, e);
  /* A read-only file is not replaced, and a link stays a link. */
  if (access(path, W_OK) < 0 || !realpath(path, real))
    return cannot(o, -errno, e);
  o->mode = st.st_mode & 0777; /* not set-user-ID: that was for the old contents */
  return open_folder(o, real, e);
}

int output_find_part(struct output *o, const char *url, struct error *e)
{
  return partial_file_find(&o->part, o->dir, o->name, url, o->shown, e);
}

static struct atomic_file *begin_file(struct output *o, int *err)
{
  partial_file_forget(&o->part);
  return atomic_file_new(o->dir, o->name, err);
}

int output_open(struct output *o, bool resumes, struct error *e)
{
  int err = 0;
  if (o->kind == OUTPUT_STDOUT)
    return STDOUT_FILENO;
  if (o->kind == OUTPUT_DEVICE)
    return o->fd;
  atomic_file_free(o->file);
  o->resumed = resumes;
  if (resumes)
    o->file = partial_file_take(&o->part, o->dir, o->name);
  else
    o->file = begin_file(o, &err);
  if (!o->file)
    return cannot(o, err ? err : UV_ENOMEM, e);
  if (o->mode && fchmod(o->file->fd, o->mode) < 0)
    return cannot(o, -errno, e);
  return o->file->fd;
}

int output_publish(struct output *o, struct error *e)
{
  if (!o->file)
    return 0;
  int err = atomic_file_publish(o->file, true);
  if (err)
    return cannot(o, err, e);
  output_remove(o);
  return 0;
}

void output_remove(struct output *o)
{
  atomic_file_free(o->file);
  o->file = NULL;
  partial_file_forget(&o->part);
  if (o->kind == OUTPUT_FILE && o->keeps)
    partial_file_remove(o->dir, o->name);
}

/* Wrong bytes are cut off again, so that the partial file is as before. */
static int keep_part(struct output *o, bool right)
{
  if (!right && ftruncate(o->file->fd, (off_t)o->part.have) < 0)
    return -errno;
  return partial_file_keep_taken(o->file);
}

int output_discard(struct output *o, bool right, const char *url, const char *validator)
{
  struct stat st;
  int err = 0;
  if (!o->file)
    return 0;
  if (o->resumed)
    err = keep_part(o, right);
  else if (o->keeps && right && fstat(o->file->fd, &st) == 0 && st.st_size > 0)
    err = partial_file_keep(o->file, url, validator);
  atomic_file_free(o->file);
  o->file = NULL;
  return err;
}

void output_release(struct output *o)
{
  atomic_file_free(o->file);
  partial_file_forget(&o->part);
  if (o->dir >= 0)
    close(o->dir);
  if (o->fd >= 0)
    close(o->fd);
  free(o->name);
  *o = (struct output){.kind = o->kind, .shown = o->shown, .fd = -1, .dir = -1, .part.fd = -1};
}
