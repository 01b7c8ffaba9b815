#include "cmd/fetch/partial_file.h"

#include "core/http/message/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* Takes over what follows `word` in the line. */
static char *copy_after(const char *line, const char *word)
{
  size_t n = strlen(word);
  return strncmp(line, word, n) == 0 ? strdup(line + n) : NULL;
}

/* The lines behind the first two: what older versions did not write. */
static void read_more(struct partial_file *p, FILE *f, char **line, size_t *size)
{
  while (read_line(f, line, size)) {
    char *length = copy_after(*line, "size ");
    if (length)
      http_parse_number(span_of(length), &p->size);
    else if (!p->at)
      p->at = copy_after(*line, "at ");
    free(length);
  }
}

/* Reads FILE.part.from. NULL, or a literal that says why the partial file cannot be resumed. */
static const char *read_origin(struct partial_file *p, int dir, const char *name, const char *url)
{
  char *line = NULL;
  size_t size = 0;
  const char *why = NULL;
  int fd = open_suffixed(dir, name, from_suffix, O_RDONLY | O_NONBLOCK);
  FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
  p->size = UINT64_MAX;
  if (!f || !read_line(f, &line, &size))
    why = "nothing says what it is of";
  else if (strcmp(line, url) != 0)
    why = "it is of another URL";
  else if (!read_line(f, &line, &size) || !*line)
    why = "nothing is known to tell whether the server still has the same file";
  else if (!(p->validator = strdup(line)))
    why = error_words(UV_ENOMEM);
  else
    read_more(p, f, &line, &size);
  if (f)
    fclose(f);
  else if (fd >= 0)
    close(fd);
  free(line);
  return why;
}

static int write_origin(int dir, const char *name, const struct partial_origin *of)
{
  int fd = open_suffixed(dir, name, from_suffix, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
  if (fd < 0)
    return fd;
  int err = dprintf(fd, "%s\n%s\n", of->url, of->validator ? of->validator : "") < 0 ? -errno : 0;
  if (!err && of->size != UINT64_MAX && dprintf(fd, "size %" PRIu64 "\n", of->size) < 0)
    err = -errno;
  if (!err && of->at && dprintf(fd, "at %s\n", of->at) < 0)
    err = -errno;
  return close(fd) < 0 && !err ? -errno : err;
}

void partial_file_forget(struct partial_file *p)
{
  if (p->fd >= 0)
    close(p->fd);
  free(p->validator);
  free(p->at);
  *p = (struct partial_file){.fd = -1};
}

/* Whether `name` is that of the open file. */
static bool is_named(int dir, const char *name, int fd)
{
  struct stat opened, named;
  return fstat(fd, &opened) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* Opens FILE.part, with O_CREAT in `flags` makes it, and locks it, so that no other process resumes
 * or removes it. A descriptor; UV_ENOENT if there is none; UV_EBUSY if another process has it, or
 * has just renamed or replaced it; or another negative errno. */
static int lock_part(int dir, const char *name, int flags)
{
  char *text = with_suffix(name, part_suffix);
  int fd = open_suffixed(dir, name, part_suffix, O_RDWR | O_NONBLOCK | flags);
  int err = fd < 0 ? fd : 0;
  if (!err && flock(fd, LOCK_EX | LOCK_NB) < 0)
    err = errno == EWOULDBLOCK ? UV_EBUSY : -errno;
  if (!err && (!text || !is_named(dir, text, fd)))
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
  const char *why = NULL;
  partial_file_forget(p);
  int fd = lock_part(dir, name, 0);
  if (fd == UV_ENOENT)
    return 0;
  if (fd == UV_EBUSY)
    return error_say(e, fd, "write %s.part: another process is writing it", shown);
  if (fd == UV_ENOMEM)
    return error_set(e, fd, "write %s.part", shown);
  p->fd = fd;
  if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
    why = "it is not a file that can be read and written";
  else if (st.st_size > 0 && !(why = read_origin(p, dir, name, url)))
    p->have = (uint64_t)st.st_size;
  if (p->have > 0)
    return 0;
  partial_file_forget(p);
  p->unused = why;
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

/* Whether FILE.part.from is there: FILE.part is ours. */
static bool has_origin(int dir, const char *name)
{
  int fd = open_suffixed(dir, name, from_suffix, O_RDONLY | O_NONBLOCK);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

/* Empties the locked FILE.part, unless it is somebody else's. An empty one is nobody's. */
static int take_over(int dir, const char *name, int fd)
{
  struct stat st;
  if (fstat(fd, &st) < 0)
    return -errno;
  if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_size > 0 && !has_origin(dir, name)))
    return UV_EBUSY;
  return st.st_size > 0 && ftruncate(fd, 0) < 0 ? -errno : 0;
}

struct atomic_file *partial_file_begin(int dir, const char *name, const struct partial_origin *of,
                                       int *err)
{
  struct partial_file p = {.fd = lock_part(dir, name, O_CREAT)};
  struct atomic_file *f = NULL;
  *err = p.fd < 0 ? p.fd : take_over(dir, name, p.fd);
  if (!*err && (*err = write_origin(dir, name, of))) {
    remove_suffixed(dir, name, part_suffix);
    remove_suffixed(dir, name, from_suffix);
  }
  if (!*err && !(f = partial_file_take(&p, dir, name)))
    *err = UV_ENOMEM;
  partial_file_forget(&p);
  return f;
}

bool partial_file_is_there(const struct atomic_file *f)
{
  return is_named(f->dir, f->temporary, f->fd);
}

int partial_file_keep(struct atomic_file *f)
{
  return atomic_file_keep(f, f->temporary);
}

/* FILE.part is ours if it has a FILE.part.from. */
void partial_file_remove(int dir, const char *name)
{
  if (!has_origin(dir, name))
    return;
  int fd = lock_part(dir, name, 0);
  if (fd >= 0)
    remove_suffixed(dir, name, part_suffix);
  if (fd >= 0 || fd == UV_ENOENT)
    remove_suffixed(dir, name, from_suffix);
  if (fd >= 0)
    close(fd);
}
