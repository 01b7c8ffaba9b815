#include "cmd/serve/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
  MOST_LINKS = 40,  /* as the kernel has it */
  MOST_DEPTH = 512, /* folders within folders */
};

/* Where the walk has come to: the root's descriptor at the bottom, each folder below it above. The
 * descriptors stay open, so that `..` in a link leads back the way that was come, whatever is
 * renamed meanwhile. */
struct walk {
  const struct tree *tree;
  int folders[MOST_DEPTH];
  size_t depth;
  unsigned links;
  char last[NAME_MAX + 2]; /* the name of where it is, in the folder before */
  char rest[PATH_MAX * 2]; /* what is still to be walked */
};

static int here(const struct walk *w)
{
  return w->folders[w->depth - 1];
}

static void up(struct walk *w)
{
  if (w->depth > 1)
    close(w->folders[--w->depth]);
}

static void to_root(struct walk *w)
{
  while (w->depth > 1)
    up(w);
}

/* Puts a link's target in front of what is still to be walked. An absolute one must begin with the
 * root's own path; it goes on from there. */
static int follow(struct walk *w, const char *name, const char *after)
{
  char target[PATH_MAX], rest[sizeof w->rest];
  ssize_t n = readlinkat(here(w), name, target, sizeof target - 1);
  if (n < 0)
    return -errno;
  if (w->tree->links == TREE_LINKS_NONE || ++w->links > MOST_LINKS)
    return UV_ELOOP;
  target[n] = '\0';
  const char *from = target;
  if (target[0] == '/') {
    size_t root = strlen(w->tree->real);
    if (strncmp(target, w->tree->real, root) != 0 ||
        (target[root] != '/' && target[root] != '\0' && root > 1))
      return UV_EXDEV;
    from = target + root;
    to_root(w);
  }
  if (strlen(from) + strlen(after) + 2 > sizeof rest)
    return UV_ENAMETOOLONG;
  strcpy(rest, from);
  strcat(rest, "/");
  strcat(rest, after);
  strcpy(w->rest, rest);
  return 0;
}

/* Cuts the next component off: false at the end. `after` is what follows it. */
static bool next(struct walk *w, char *name, const char **after)
{
  const char *at = w->rest + strspn(w->rest, "/");
  size_t n = strcspn(at, "/");
  if (n == 0)
    return false;
  if (n > NAME_MAX)
    n = NAME_MAX + 1; /* the kernel refuses it */
  memcpy(name, at, n);
  name[n] = '\0';
  *after = at + strcspn(at, "/");
  return true;
}

static void go_on_with(struct walk *w, const char *after)
{
  memmove(w->rest, after, strlen(after) + 1);
}

/* One component. 0, or a negative errno. */
static int step(struct walk *w, const char *name, const char *after)
{
  struct stat st;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    if (name[1] == '.' && w->depth == 1)
      return UV_EXDEV; /* above the root */
    if (name[1] == '.')
      up(w);
    go_on_with(w, after);
    return 0;
  }
  int fd = openat(here(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int err = fstat(fd, &st) < 0 ? -errno : 0;
  if (err || S_ISLNK(st.st_mode) || w->depth == MOST_DEPTH) {
    close(fd);
    if (err)
      return err;
    return S_ISLNK(st.st_mode) ? follow(w, name, after) : UV_ENAMETOOLONG;
  }
  w->folders[w->depth++] = fd;
  strcpy(w->last, name);
  go_on_with(w, after);
  return 0;
}

/* Opens for reading where the walk has come to. */
static int open_here(const struct walk *w)
{
  struct stat st;
  int fd;
  if (fstat(here(w), &st) < 0)
    return -errno;
  if (S_ISDIR(st.st_mode))
    fd = openat(here(w), ".", TREE_OPEN_FLAGS | O_DIRECTORY);
  else if (S_ISREG(st.st_mode))
    fd = openat(w->folders[w->depth - 2], w->last, TREE_OPEN_FLAGS | O_NOFOLLOW);
  else
    return UV_ENOENT;
  return fd < 0 ? -errno : fd;
}

int walk(const struct tree *t, const char *path)
{
  char name[NAME_MAX + 2];
  const char *after;
  int err = 0;
  if (strlen(path) >= PATH_MAX)
    return UV_ENAMETOOLONG;
  struct walk *w = malloc(sizeof *w);
  if (!w)
    return UV_ENOMEM;
  w->tree = t;
  w->depth = 1;
  w->links = 0;
  w->folders[0] = t->root;
  strcpy(w->rest, path);
  while (!err && next(w, name, &after))
    err = step(w, name, after);
  int fd = err ? err : open_here(w);
  to_root(w);
  free(w);
  return fd;
}
