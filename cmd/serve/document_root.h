/* The folder that is served: opening what a path names beneath it, and nothing else. */
#ifndef ANET_CMD_SERVE_DOCUMENT_ROOT_H
#define ANET_CMD_SERVE_DOCUMENT_ROOT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Where symbolic links may lead. */
enum tree_links {
  TREE_LINKS_INSIDE, /* anywhere beneath the root; also by an absolute path */
  TREE_LINKS_NONE,   /* no link is followed, in any component */
  TREE_LINKS_ALL,    /* anywhere */
};

struct tree {
  int root;    /* the folder */
  char *real;  /* its absolute path, without links */
  char *only;  /* the one file that is served, or NULL for all of the folder; */
  char *shown; /* and what it was called: another name when that was a link's */
  enum tree_links links;
  bool hidden;     /* dotfiles are served */
  bool no_openat2; /* the kernel has it not (or a test says so): component by component */
};

/* Opens the folder, or the folder that the file is in. 0; or a negative errno with an error that
 * names `path`: not there, neither file nor folder, not readable. */
int tree_open(struct tree *t, const char *path, enum tree_links links, bool hidden,
              struct error *e);
void tree_close(struct tree *t);

/* Opens `path` (no slash at either end, no dot segments; empty is the root) for reading, and fills
 * `st`. A descriptor of a regular file or a folder, non-blocking and closed on exec. UV_ENOENT for
 * what is not there, what is something else (never opened for long: a FIFO or a device does no
 * harm), a link that leads where it may not; UV_EACCES for what may not be read; UV_ENOTDIR,
 * UV_ENAMETOOLONG, UV_EMFILE and so on as they are. Whether dotfiles are asked for is the caller's
 * to look at (http_path's hidden). */
int tree_open_path(const struct tree *t, const char *path, struct stat *st);

/* The same, without opening it: 0 or a negative errno. */
int tree_stat(const struct tree *t, const char *path, struct stat *st);

/* Whether what `path` names now is still what `st` says: the same device, inode, size, mode, mtime
 * and ctime, to the nanosecond. Cheap: one system call. */
bool tree_is_unchanged(const struct tree *t, const char *path, const struct stat *st);

#endif
