#include "cmd/fetch/part.h"

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

/* The next line, without its end, into what getline keeps; false at the end. */
static bool read_line(FILE *f, char **line, size_t *size)
{
  ssize_t n = getline(line, size, f);
  if (n > 0 && (*line)[n - 1] == '\n')
    (*line)[n - 1] = '\0';
  return n > 0;
}

/* The validator when the file is of `url`, else NULL; to be freed. */
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

void part_forget(struct part *p)
{
  if (p->fd >= 0)
    close(p->fd);
  free(p->validator);
  *p = (struct part){.fd = -1};
}

/* Whether the file that was locked is still the one of that name: who had it before us may have
 * given it its own name, or removed it. */
static bool is_still_there(const struct part *p, int dir, const char *name, struct stat *st)
{
  struct stat named;
  char *text = with_suffix(name, part_suffix);
  bool same = text && fstat(p->fd, st) == 0 &&
              fstatat(dir, text, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == st->st_ino &&
              named.st_dev == st->st_dev;
  free(text);
  return same && S_ISREG(st->st_mode);
}

int part_find(struct part *p, int dir, const char *name, const char *url, const char *shown,
              struct error *e)
{
  struct stat st;
  part_forget(p);
  p->fd = open_suffixed(dir, name, part_suffix, O_RDWR);
  if (p->fd == UV_ENOENT) {
    p->fd = -1;
    return 0;
  }
  if (p->fd < 0) {
    int err = p->fd;
    p->fd = -1;
    return error_set(e, err, "write %s.part", shown);
  }
  if (flock(p->fd, LOCK_EX | LOCK_NB) < 0) {
    int err = errno == EWOULDBLOCK ? UV_EBUSY : -errno;
    part_forget(p);
    return err == UV_EBUSY
               ? error_say(e, err, "write %s.part: another process goes on with it", shown)
               : error_set(e, err, "lock %s.part", shown);
  }
  if (is_still_there(p, dir, name, &st) && st.st_size > 0)
    p->validator = read_validator(dir, name, url);
  if (p->validator)
    p->have = (uint64_t)st.st_size;
  else
    part_forget(p);
  return 0;
}

struct incoming *part_take(struct part *p, int dir, const char *name)
{
  char *text = with_suffix(name, part_suffix);
  if (!text)
    return NULL;
  int fd = p->fd;
  p->fd = -1;
  lseek(fd, 0, SEEK_END);
  struct incoming *f = incoming_adopt(dir, fd, text, name);
  free(text);
  return f;
}

int part_keep_taken(struct incoming *f)
{
  char *text = with_suffix(f->name, part_suffix);
  int err = text ? incoming_keep(f, text) : UV_ENOMEM;
  free(text);
  return err;
}

/* Whether another process goes on with the part that is there: it will name what is called so. */
static bool is_busy(int dir, const char *name)
{
  int fd = open_suffixed(dir, name, part_suffix, O_RDONLY | O_NONBLOCK);
  bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
  if (fd >= 0)
    close(fd);
  return busy;
}

/* The validator is written before the part has its name: the two must never be of two files. */
int part_keep(struct incoming *f, const char *url, const char *validator)
{
  if (is_busy(f->dir, f->name))
    return UV_EBUSY;
  part_remove(f->dir, f->name);
  int err = validator ? write_validator(f->dir, f->name, url, validator) : 0;
  return err ? err : part_keep_taken(f);
}

void part_remove(int dir, const char *name)
{
  if (is_busy(dir, name))
    return;
  remove_suffixed(dir, name, part_suffix);
  remove_suffixed(dir, name, from_suffix);
}
