/* The served folder. Opens paths beneath it, and nothing else. */
#ifndef ANET_CMD_SERVE_DOCUMENT_ROOT_H
#define ANET_CMD_SERVE_DOCUMENT_ROOT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Which symbolic links are followed. */
enum link_policy {
  LINKS_INSIDE, /* those that stay beneath the root, also by an absolute path */
  LINKS_NONE,   /* none, in any component */
  LINKS_ALL,    /* all */
};

struct document_root {
  int fd;      /* the folder */
  char *real;  /* its absolute path without links */
  char *only;  /* the only file served; NULL for the whole folder */
  char *shown; /* the name it was given by, which may be a link's */
  enum link_policy links;
  bool hidden;     /* dotfiles are served */
  bool no_openat2; /* the kernel lacks it (or a test says so) */
};

/* Opens the folder at `path`, or the folder of the file at `path`. 0; or a negative errno with an
 * error that names `path`. */
int document_root_open(struct document_root *root, const char *path, enum link_policy links,
                       bool hidden, struct error *e);
void document_root_close(struct document_root *root);

/* Opens `path` for reading, and fills `st`. `path` has no dot segments and no slash at either end;
 * empty is the root. Returns the descriptor of a regular file or a folder, non-blocking and closed
 * on exec; or a negative errno. UV_ENOENT also stands for other kinds of files, such as FIFOs and
 * devices, and for links that may not be followed. Hidden names are the caller's to refuse
 * (http_path's hidden). */
int document_root_open_path(const struct document_root *root, const char *path, struct stat *st);

/* The same, without opening it: 0 or a negative errno. */
int document_root_stat(const struct document_root *root, const char *path, struct stat *st);

/* Whether `path` still names the file that `st` describes: the same device, inode, size, mode,
 * mtime and ctime. One system call. */
bool document_root_is_unchanged(const struct document_root *root, const char *path,
                                const struct stat *st);

#endif
