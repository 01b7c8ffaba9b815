#include "cmd/serve/resource.h"

#include "core/base/buffer.h"
#include "core/http/message/date.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum {
  READ_ATTEMPTS = 3,
  CLOCK_TICK_NS = 20000000, /* a file written twice within it may have the same mtime */
  LONGEST_SUFFIX = 4,
};

const char *const coding_names[CODINGS] = {"identity", "br", "zstd", "gzip"};

static const char *const suffixes[CODINGS] = {"", ".br", ".zst", ".gz"};

void entry_free(struct entry *e)
{
  if (!e)
    return;
  if (e->bytes)
    shared_bytes_drop(e->bytes);
  if (e->file)
    shared_file_drop(e->file);
  free(e->lines);
  free(e);
}

static bool same_time(struct timespec a, struct timespec b)
{
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Reads all of a small file. What was written to it meanwhile shows in its time or its size. */
static int read_all(struct entry *e, int fd)
{
  for (int i = 0; i < READ_ATTEMPTS; i++) {
    struct stat after;
    size_t size = (size_t)e->st.st_size;
    struct shared_bytes *b = malloc(sizeof *b + size + 1);
    if (!b)
      return UV_ENOMEM;
    b->references = 1;
    b->length = size;
    ssize_t n = pread(fd, b->data, size + 1, 0);
    if (n == (ssize_t)size && fstat(fd, &after) == 0 && after.st_size == e->st.st_size &&
        same_time(after.st_mtim, e->st.st_mtim)) {
      e->bytes = b;
      return 0;
    }
    free(b);
    if (n < 0)
      return -errno;
    if (fstat(fd, &e->st) < 0)
      return -errno;
    if (e->st.st_size > ENTRY_SMALL_FILE)
      return UV_EAGAIN;
  }
  return UV_EAGAIN;
}

/* The path of the entry's file in that coding; valid until the next call. */
static const char *path_of(struct entry *e, enum coding coding)
{
  strcpy(e->path + e->path_length, suffixes[coding]);
  return e->path;
}

/* Some tools that compress give the time of the original, in whole seconds. */
static bool is_older(struct timespec encoded, struct timespec plain)
{
  return encoded.tv_sec < plain.tv_sec || (encoded.tv_sec == plain.tv_sec && encoded.tv_nsec != 0 &&
                                           encoded.tv_nsec < plain.tv_nsec);
}

/* Encoded files that are older than the plain one are no versions of it. */
static unsigned variants_of(const struct entry_source *source, struct entry *e)
{
  unsigned variants = 0;
  struct stat st;
  for (enum coding i = CODING_BR; i < CODINGS && e->coding == CODING_NONE; i++)
    if (tree_stat(source->tree, path_of(e, i), &st) == 0 && S_ISREG(st.st_mode) &&
        !is_older(st.st_mtim, e->st.st_mtim))
      variants |= 1U << i;
  path_of(e, CODING_NONE);
  return variants;
}

void etag_print(char out[ETAG_SIZE], const struct stat *st)
{
  snprintf(out, ETAG_SIZE, "\"%jx-%jx-%jx%08lx\"", (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
           (uintmax_t)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

static int make_lines(const struct entry_source *source, struct entry *e)
{
  struct buffer b = {0};
  char modified[HTTP_DATE_SIZE];
  http_date_print(modified, e->st.st_mtim.tv_sec);
  etag_print(e->etag, &e->st);
  int err = buffer_printf(&b, "Content-Length: %jd\r\n", (intmax_t)e->st.st_size);
  e->length_line = b.length;
  if (!err)
    err = buffer_printf(&b,
                        "Content-Type: %s\r\nLast-Modified: %s\r\nETag: %s\r\n"
                        "Accept-Ranges: bytes\r\n%s",
                        e->type, modified, e->etag, source->control);
  if (!err && e->coding)
    err = buffer_printf(&b, "Content-Encoding: %s\r\n", coding_names[e->coding]);
  if (!err && (e->coding || e->variants))
    err = buffer_printf(&b, "Vary: Accept-Encoding\r\n");
  if (err) {
    buffer_release(&b);
    return err;
  }
  e->lines_length = b.length;
  e->lines = buffer_take_text(&b);
  return e->lines ? 0 : UV_ENOMEM;
}

/* Takes over `fd`. */
static int load(const struct entry_source *source, struct entry *e, int fd)
{
  int err = 0;
  if (S_ISDIR(e->st.st_mode)) {
    close(fd);
    return UV_EISDIR;
  }
  if (e->st.st_size <= ENTRY_SMALL_FILE) {
    err = read_all(e, fd);
    if (err != UV_EAGAIN)
      close(fd);
  } else {
    err = UV_EAGAIN;
  }
  if (err == UV_EAGAIN) { /* large, or never the same twice */
    e->file = shared_file_new(fd, &e->st);
    err = e->file ? 0 : UV_ENOMEM;
  }
  if (err)
    return err;
  e->type = media_type(source->types, e->path);
  e->variants = variants_of(source, e);
  return make_lines(source, e);
}

struct entry *entry_open(const struct entry_source *source, const char *path, size_t length,
                         enum coding coding, int *err)
{
  struct entry *e = calloc(1, sizeof *e + length + LONGEST_SUFFIX + 1);
  if (!e) {
    *err = UV_ENOMEM;
    return NULL;
  }
  list_init(&e->used);
  list_init(&e->chain);
  e->coding = coding;
  e->path_length = length;
  memcpy(e->path, path, length);
  int fd = tree_open_path(source->tree, path_of(e, coding), &e->st);
  path_of(e, CODING_NONE);
  *err = fd < 0 ? fd : load(source, e, fd);
  if (*err == 0)
    return e;
  entry_free(e);
  return NULL;
}

bool entry_still_holds(const struct entry_source *source, struct entry *e)
{
  bool same = tree_is_unchanged(source->tree, path_of(e, e->coding), &e->st);
  path_of(e, CODING_NONE);
  return same && variants_of(source, e) == e->variants;
}

bool entry_is_same_file(const struct entry *e)
{
  struct stat now;
  return !e->file || (fstat(e->file->fd, &now) == 0 && now.st_size == e->st.st_size &&
                      same_time(now.st_mtim, e->st.st_mtim));
}

bool entry_is_young(const struct entry *e)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t age_s = (int64_t)now.tv_sec - e->st.st_mtim.tv_sec;
  if (age_s > 1 || age_s < -1)
    return false;
  int64_t age_ns = age_s * 1000000000 + now.tv_nsec - e->st.st_mtim.tv_nsec;
  return age_ns < CLOCK_TICK_NS && age_ns > -CLOCK_TICK_NS;
}
