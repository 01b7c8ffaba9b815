#include "cmd/serve/folder_entries.h"

#include "cmd/serve/natural_order.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { FIRST_ROOM = 64 };

static int add(struct folder_entries *entries, const char *name, const struct stat *st)
{
  if (entries->count == entries->room) {
    size_t room = entries->room ? entries->room * 2 : FIRST_ROOM;
    struct folder_entry *list = reallocarray(entries->list, room, sizeof *list);
    if (!list)
      return UV_ENOMEM;
    entries->list = list;
    entries->room = room;
  }
  char *copy = strdup(name);
  if (!copy)
    return UV_ENOMEM;
  entries->list[entries->count++] = (struct folder_entry){
      .name = copy,
      .folder = S_ISDIR(st->st_mode),
      .size = st->st_size > 0 ? (uint64_t)st->st_size : 0,
      .modified = st->st_mtim.tv_sec,
  };
  return 0;
}

static int look_behind_link(const struct listing *listing, const char *name, struct stat *st)
{
  char path[PATH_MAX];
  if (!listing->root)
    return UV_ENOENT;
  int n = snprintf(path, sizeof path, "%s%s%s", listing->path, *listing->path ? "/" : "", name);
  if (n < 0 || (size_t)n >= sizeof path)
    return UV_ENAMETOOLONG;
  int fd = document_root_open_path(listing->root, path, st);
  if (fd < 0)
    return fd;
  close(fd);
  return 0;
}

static int add_if_shown(struct folder_entries *entries, int dir, const char *name,
                        const struct listing *listing)
{
  struct stat st;
  bool hidden = name[0] == '.' && strcmp(name, ".well-known") != 0; /* RFC 8615 */
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (hidden && !listing->hidden))
    return 0;
  int err = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
  if (!err && S_ISLNK(st.st_mode))
    err = look_behind_link(listing, name, &st);
  if (err == UV_EMFILE || err == UV_ENFILE || err == UV_ENOMEM)
    return err; /* an incomplete list would be kept */
  if (err || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
    return 0;
  return add(entries, name, &st);
}

static int read_stream(struct folder_entries *entries, DIR *stream, const struct listing *listing)
{
  for (;;) {
    errno = 0;
    const struct dirent *found = readdir(stream);
    if (!found)
      return -errno;
    int err = add_if_shown(entries, dirfd(stream), found->d_name, listing);
    if (err)
      return err;
  }
}

static int compare(const void *a, const void *b)
{
  const struct folder_entry *x = a, *y = b;
  if (x->folder != y->folder)
    return x->folder ? -1 : 1;
  return natural_order_compare(x->name, y->name);
}

/* Opens its own descriptor, which has its own position: another thread may read the folder, too. */
static DIR *open_stream(int dir)
{
  int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return NULL;
  DIR *stream = fdopendir(fd);
  if (!stream)
    close(fd);
  return stream;
}

int folder_entries_read(struct folder_entries *entries, int dir, const struct listing *listing)
{
  *entries = (struct folder_entries){0};
  DIR *stream = open_stream(dir);
  if (!stream)
    return -errno;
  int err = read_stream(entries, stream, listing);
  closedir(stream);
  if (err) {
    folder_entries_release(entries);
    return err;
  }
  if (entries->count > 0)
    qsort(entries->list, entries->count, sizeof *entries->list, compare);
  return 0;
}

void folder_entries_release(struct folder_entries *entries)
{
  for (size_t i = 0; i < entries->count; i++)
    free(entries->list[i].name);
  free(entries->list);
  *entries = (struct folder_entries){0};
}
