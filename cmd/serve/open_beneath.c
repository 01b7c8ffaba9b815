#include "cmd/serve/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* The path is rewritten on the way: a link's name is replaced by its target, `..` removes the name
 * before it, and then the walk begins again at the root. So the kernel is only asked for one plain
 * name in a folder that is held open; it never sees `..` and never follows a link. Renames by other
 * processes cannot lead outside. */
enum {
  LINKS_MOST = 40,             /* as in the kernel (path_resolution(7)) */
  OPENS_MOST = 16 * 1024,      /* every `..` begins again */
  PATH_LONGEST = 4 * PATH_MAX, /* with the targets of links in it */
};

struct walk {
  int root;
  const char *real;
  bool follow;
  int opened; /* the result; negative until then */
  int fd;     /* the folder that the path names before `at` */
  size_t at;  /* before it there are only names of folders, each with a slash */
  unsigned links, opens;
  char path[PATH_LONGEST];
};

static void move_to(struct walk *w, int fd)
{
  if (w->fd != w->root)
    close(w->fd);
  w->fd = fd;
}

static void begin_again(struct walk *w)
{
  move_to(w, w->root);
  w->at = 0;
}

/* Replaces what is between `from` and `to` by `text`. */
static int replace(struct walk *w, size_t from, size_t to, const char *text)
{
  size_t n = strlen(text), rest = strlen(w->path + to) + 1;
  if (from + n + rest > sizeof w->path)
    return UV_ENAMETOOLONG;
  memmove(w->path + from + n, w->path + to, rest);
  memcpy(w->path + from, text, n);
  return 0;
}

static int go_up(struct walk *w)
{
  if (w->at == 0)
    return UV_EXDEV;
  size_t from = w->at - 1;
  while (from > 0 && w->path[from - 1] != '/')
    from--;
  replace(w, from, w->at + strlen(".."), "");
  begin_again(w);
  return 0;
}

static const char *skip_slashes_and_dots(const char *s)
{
  while (*s == '/' || (*s == '.' && (s[1] == '/' || s[1] == '\0')))
    s++;
  return s;
}

/* The rest of an absolute path after the names of `real`; NULL if it is not beneath. */
static const char *below(const char *real, const char *path)
{
  for (;;) {
    real += strspn(real, "/");
    path = skip_slashes_and_dots(path);
    size_t n = strcspn(real, "/");
    if (n == 0)
      return path;
    if (strncmp(path, real, n) != 0 || (path[n] != '/' && path[n] != '\0'))
      return NULL;
    real += n;
    path += n;
  }
}

/* Replaces the name that ends at `end` by the target of the link `fd`. */
static int follow(struct walk *w, int fd, size_t end)
{
  char target[PATH_MAX];
  if (!w->follow || ++w->links > LINKS_MOST)
    return UV_ELOOP;
  ssize_t n = readlinkat(fd, "", target, sizeof target);
  if (n < 0)
    return -errno;
  if (n == 0)
    return UV_ENOENT;
  if ((size_t)n == sizeof target)
    return UV_ENAMETOOLONG;
  target[n] = '\0';
  if (target[0] != '/')
    return replace(w, w->at, end, target);

  const char *rest = below(w->real, target);
  if (!rest)
    return UV_EXDEV;
  begin_again(w);
  return replace(w, 0, end, rest);
}

/* Opens the last name; `fd` is its O_PATH descriptor. */
static int open_last(struct walk *w, int fd, const char *name, int flags)
{
  w->opened = flags & O_PATH ? fd : openat(w->fd, name, flags | O_NOFOLLOW);
  if (w->opened >= 0)
    return 0;
  return errno == ELOOP ? UV_EAGAIN : -errno; /* it has become a link */
}

/* Enters the name that ends at `end`. */
static int enter(struct walk *w, size_t end, int flags)
{
  char name[NAME_MAX + 1];
  struct stat st;
  size_t n = end - w->at;
  if (n > NAME_MAX)
    return UV_ENAMETOOLONG;
  if (++w->opens > OPENS_MOST)
    return UV_ELOOP;
  memcpy(name, w->path + w->at, n);
  name[n] = '\0';

  int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int err = fstat(fd, &st) ? -errno : 0;
  if (!err && S_ISLNK(st.st_mode))
    err = follow(w, fd, end);
  else if (!err && w->path[end] == '\0')
    err = open_last(w, fd, name, flags);
  else if (!err && !S_ISDIR(st.st_mode))
    err = UV_ENOTDIR;
  else if (!err) {
    move_to(w, fd);
    w->at = end + 1;
    return 0;
  }
  if (fd != w->opened)
    close(fd);
  return err;
}

static int step(struct walk *w, int flags)
{
  const char *name = w->path + w->at;
  size_t n = strcspn(name, "/");
  bool stays = n == 0 || (n == 1 && name[0] == '.');
  if (stays && name[n] == '\0') {
    w->opened = openat(w->fd, ".", flags);
    return w->opened < 0 ? -errno : 0;
  }
  if (stays)
    return replace(w, w->at, w->at + n + 1, "");
  if (n == 2 && memcmp(name, "..", 2) == 0)
    return go_up(w);
  return enter(w, w->at + n, flags);
}

int open_beneath(int root, const char *real, const char *path, bool links, int flags)
{
  struct walk w;
  size_t size = strlen(path) + 1;
  if (size > PATH_MAX)
    return UV_ENAMETOOLONG; /* as the kernel says */
  memcpy(w.path, path, size);
  w.root = w.fd = root;
  w.real = real;
  w.follow = links;
  w.opened = -1;
  w.at = 0;
  w.links = w.opens = 0;

  int err = 0;
  while (!err && w.opened < 0)
    err = step(&w, flags);
  move_to(&w, root);
  return err ? err : w.opened;
}
