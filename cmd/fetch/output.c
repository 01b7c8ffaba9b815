#include "cmd/fetch/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { LONGEST_LINE = 70 * 1024 }; /* of FILE.part.from: a URL */

static int cannot(const struct output *o, int err, struct error *e)
{
  return error_set(e, err, "write %s", o->shown);
}

/* The folder of `path` is opened, so that no later change of a link leads elsewhere. */
static int open_folder(struct output *o, const char *path, struct error *e)
{
  const char *slash = strrchr(path, '/');
  char *folder = !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
  o->name = strdup(slash ? slash + 1 : path);
  if (!folder || !o->name) {
    free(folder);
    return cannot(o, UV_ENOMEM, e);
  }
  o->dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int err = o->dir < 0 || faccessat(o->dir, ".", W_OK | X_OK, 0) < 0 ? -errno : 0;
  free(folder);
  return err ? cannot(o, err, e) : 0;
}

static int open_device(struct output *o, const char *path, struct error *e)
{
  o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  return o->fd < 0 ? cannot(o, -errno, e) : 0;
}

int output_init(struct output *o, const char *path, struct error *e)
{
  struct stat st;
  char real[PATH_MAX];
  *o = (struct output){.shown = path ? path : "stdout", .dir = -1, .fd = -1, .partial = -1};
  if (!path)
    return 0;
  if (*path == '\0')
    return cannot(o, UV_ENOENT, e);
  if (stat(path, &st) < 0)
    return errno == ENOENT || errno == ENOTDIR ? open_folder(o, path, e) : cannot(o, -errno, e);
  if (S_ISDIR(st.st_mode))
    return cannot(o, UV_EISDIR, e);
  if (!S_ISREG(st.st_mode))
    return open_device(o, path, e);
  /* What must not be written is not replaced either; and a link stays one. */
  if (access(path, W_OK) < 0 || !realpath(path, real))
    return cannot(o, -errno, e);
  o->mode = st.st_mode & 07777;
  return open_folder(o, real, e);
}

/* Parts. */

/* NAME.part and NAME.part.from. */
static char *part_name(const struct output *o, const char *behind)
{
  char *name = malloc(strlen(o->name) + strlen(behind) + 1);
  if (name)
    strcat(strcpy(name, o->name), behind);
  return name;
}

static void remove_named(const struct output *o, const char *behind)
{
  char *name = part_name(o, behind);
  if (name)
    unlinkat(o->dir, name, 0);
  free(name);
}

static bool read_line(FILE *f, char *line)
{
  if (!fgets(line, LONGEST_LINE, f))
    return false;
  line[strcspn(line, "\n")] = '\0';
  return true;
}

/* The validator in NAME.part.from when that is of `url`, else NULL; to be freed. */
static char *read_validator(const struct output *o, const char *url)
{
  char *name = part_name(o, ".part.from"), *line = malloc(LONGEST_LINE), *validator = NULL;
  int fd = name ? openat(o->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
  if (f && line && read_line(f, line) && strcmp(line, url) == 0 && read_line(f, line) && *line)
    validator = strdup(line);
  if (f)
    fclose(f);
  else if (fd >= 0)
    close(fd);
  free(line);
  free(name);
  return validator;
}

static int write_validator(const struct output *o, const char *url, const char *validator)
{
  char *name = part_name(o, ".part.from");
  int fd =
      name ? openat(o->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666) : -1;
  free(name);
  if (fd < 0)
    return UV_EIO;
  bool written = dprintf(fd, "%s\n%s\n", url, validator) > 0;
  return close(fd) < 0 || !written ? UV_EIO : 0;
}

static void forget_part(struct output *o)
{
  if (o->partial >= 0)
    close(o->partial);
  o->partial = -1;
  o->have = 0;
}

int output_find_part(struct output *o, const char *url, struct error *e)
{
  struct stat st;
  forget_part(o);
  free(o->validator);
  o->validator = NULL;
  char *name = part_name(o, ".part");
  if (!name)
    return cannot(o, UV_ENOMEM, e);
  o->partial = openat(o->dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  free(name);
  if (o->partial < 0)
    return errno == ENOENT ? 0 : error_set(e, -errno, "write %s.part", o->shown);
  if (flock(o->partial, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
    return error_say(e, UV_EBUSY, "write %s.part: another process goes on with it", o->shown);
  if (fstat(o->partial, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
    o->validator = read_validator(o, url);
  if (!o->validator)
    forget_part(o);
  else
    o->have = (uint64_t)st.st_size;
  return 0;
}

int output_open(struct output *o, bool resumes, struct error *e)
{
  int err = 0;
  if (!output_is_file(o))
    return o->fd >= 0 ? o->fd : STDOUT_FILENO;
  incoming_free(o->file);
  o->resumed = resumes;
  if (resumes) {
    char *name = part_name(o, ".part");
    int fd = o->partial;
    o->partial = -1;
    lseek(fd, 0, SEEK_END);
    o->file = name ? incoming_adopt(o->dir, fd, name, o->name) : NULL;
    err = o->file ? 0 : UV_ENOMEM;
    free(name);
  } else {
    forget_part(o);
    o->file = incoming_new(o->dir, o->name, &err);
  }
  if (o->file && o->mode)
    fchmod(o->file->fd, o->mode);
  return err ? cannot(o, err, e) : o->file->fd;
}

int output_publish(struct output *o, struct error *e)
{
  if (!o->file)
    return 0;
  int err = incoming_publish(o->file, true);
  if (err)
    return cannot(o, err, e);
  output_remove(o);
  return 0;
}

void output_remove(struct output *o)
{
  incoming_free(o->file);
  o->file = NULL;
  forget_part(o);
  if (o->keeps) {
    remove_named(o, ".part");
    remove_named(o, ".part.from");
  }
}

/* Whether another process goes on with the part that is there: it will name what is called so. */
static bool part_is_busy(const struct output *o, const char *name)
{
  int fd = openat(o->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
  if (fd >= 0)
    close(fd);
  return busy;
}

/* The validator is written before the part has its name: the two must never be of two files. */
static int keep(struct output *o, const char *url, const char *validator)
{
  char *name = part_name(o, ".part");
  int err = name ? 0 : UV_ENOMEM;
  if (!err && !o->resumed && part_is_busy(o, name))
    err = UV_EBUSY;
  if (!err && !o->resumed) {
    remove_named(o, ".part");
    remove_named(o, ".part.from");
    if (validator)
      err = write_validator(o, url, validator);
  }
  if (!err)
    err = incoming_keep(o->file, name);
  free(name);
  return err;
}

void output_discard(struct output *o, const char *url, const char *validator)
{
  struct stat st;
  bool some = o->file && o->keeps && fstat(o->file->fd, &st) == 0 && st.st_size > 0;
  if (some)
    keep(o, url, validator);
  incoming_free(o->file);
  o->file = NULL;
}

void output_release(struct output *o)
{
  incoming_free(o->file);
  forget_part(o);
  if (o->dir >= 0)
    close(o->dir);
  if (o->fd >= 0)
    close(o->fd);
  free(o->name);
  free(o->validator);
  *o = (struct output){.shown = o->shown, .dir = -1, .fd = -1, .partial = -1};
}
