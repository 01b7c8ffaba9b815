#include "cmd/fetch/partial_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static const char part_suffix[] = ".part", from_suffix[] = ".part.from";

/* To be freed; NULL without memory. */
static char *with_suffix(const char *name, const char *suffix)
{
  char *text = malloc(strlen(name) + strlen(suffix) + 1);
  if (text)
    strcat(strcpy(text, name), suffix);
  return text;
}

static int open_suffixed(int dir, const char *name, const char *suffix, int flags)
{
  char *text = with_suffix(name, suffix);
  if (!text)
    return UV_ENOMEM;
  int fd = openat(dir, text, flags | O_CLOEXEC | O_NOFOLLOW, 0666);
  int err = fd < 0 ? -errno : fd;
  free(text);
  return err;
}

static void remove_suffixed(int dir, const char *name, const char *suffix)
{
  char *text = with_suffix(name, suffix);
  if (text)
    unlinkat(dir, text, 0);
  free(text);
}

/* Reads a line, without its end, into getline's buffer; false at the end. */
static bool read_line(FILE *f, char **line, size_t *size)
{
  ssize_t n = getline(line, size, f);
  if (n > 0 && (*line)[n - 1] == '\n')
    (*line)[n - 1] = '\0';
  return n > 0;
}

/* The validator if the file is of `url`, to be freed; else NULL. */
static char *read_validator(int dir, const char *name, const char *url)
{
  char *line = NULL, *validator = NULL;
  size_t size = 0;
  int fd = open_suffixed(dir, name, from_suffix, O_RDONLY);
  FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
  if (f && read_line(f, &line, &size) && strcmp(line, url) == 0 && read_line(f, &line, &size) &&
      *line)
    validator = strdup(line);
  if (f)
    fclose(f);
  else if (fd >= 0)
    close(fd);
  free(line);
  return validator;
}

static int write_validator(int dir, const char *name, const char *url, const char *validator)
{
  int fd = open_suffixed(dir, name, from_suffix, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0)
    return fd;
  int err = dprintf(fd, "%s\n%s\n", url, validator) < 0 ? UV_EIO : 0;
  return close(fd) < 0 && !err ? -errno : err;
}

void partial_file_forget(struct partial_file *p)
{
  if (p->fd >= 0)
    close(p->fd);
  free(p->validator);
  *p = (struct partial_file){.fd = -1};
}

/* Opens FILE.part and locks it, so that no other process resumes or removes it. A descriptor;
 * UV_ENOENT if there is none; UV_EBUSY if another process has it, or has just renamed or replaced
 * it; or another negative errno. */
static int lock_part(int dir, const char *name)
{
  struct stat opened, named;
  char *text = with_suffix(name, part_suffix);
  int fd = open_suffixed(dir, name, part_suffix, O_RDWR | O_NONBLOCK);
  int err = fd < 0 ? fd : 0;
  if (!err && flock(fd, LOCK_EX | LOCK_NB) < 0)
    err = errno == EWOULDBLOCK ? UV_EBUSY : -errno;
  if (!err &&
      (!text || fstat(fd, &opened) < 0 || fstatat(dir, text, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
       opened.st_ino != named.st_ino || opened.st_dev != named.st_dev))
    err = UV_EBUSY;
  free(text);
  if (err && fd >= 0)
    close(fd);
  return err ? err : fd;
}

int partial_file_find(struct partial_file *p, int dir, const char *name, const char *url,
                      const char *shown, struct error *e)
{
  struct stat st;
  partial_file_forget(p);
  int fd = lock_part(dir, name);
  if (fd == UV_ENOENT)
    return 0;
  if (fd == UV_EBUSY)
    return error_say(e, fd, "write %s.part: another process is writing it", shown);
  if (fd < 0)
    return error_set(e, fd, "write %s.part", shown);
  p->fd = fd;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
    p->validator = read_validator(dir, name, url);
  if (p->validator)
    p->have = (uint64_t)st.st_size;
  else
    partial_file_forget(p);
  return 0;
}

struct atomic_file *partial_file_take(struct partial_file *p, int dir, const char *name)
{
  char *text = with_suffix(name, part_suffix);
  if (!text)
    return NULL;
  int fd = p->fd;
  p->fd = -1;
  lseek(fd, 0, SEEK_END);
  struct atomic_file *f = atomic_file_adopt(dir, fd, text, name);
  free(text);
  return f;
}

int partial_file_keep_taken(struct atomic_file *f)
{
  char *text = with_suffix(f->name, part_suffix);
  int err = text ? atomic_file_keep(f, text) : UV_ENOMEM;
  free(text);
  return err;
}

/* Removes FILE.part if it is ours, that is, has a FILE.part.from. Whether the name is free now. */
static bool remove_ours(int dir, const char *name)
{
  int from = open_suffixed(dir, name, from_suffix, O_RDONLY | O_NONBLOCK);
  int fd = lock_part(dir, name);
  bool ours = from >= 0;
  if (fd >= 0 && ours)
    remove_suffixed(dir, name, part_suffix);
  if (ours && (fd >= 0 || fd == UV_ENOENT))
    remove_suffixed(dir, name, from_suffix);
  if (fd >= 0)
    close(fd);
  if (from >= 0)
    close(from);
  return fd == UV_ENOENT || (fd >= 0 && ours);
}

/* FILE.part.from is written before FILE.part gets its name: the two must always match. */
int partial_file_keep(struct atomic_file *f, const char *url, const char *validator)
{
  if (!remove_ours(f->dir, f->name))
    return UV_EBUSY;
  int err = write_validator(f->dir, f->name, url, validator ? validator : "");
  return err ? err : partial_file_keep_taken(f);
}

void partial_file_remove(int dir, const char *name)
{
  remove_ours(dir, name);
}
