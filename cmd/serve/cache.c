#include "cmd/serve/cache.h"

#include "core/buffer.h"
#include "core/http/date.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

enum {
  READ_ATTEMPTS = 3,
  CLOCK_TICK_NS = 20000000, /* a file written twice within it may have the same mtime */
  LONGEST_SUFFIX = 4,
};

const char *const coding_names[CODINGS] = {"identity", "br", "zstd", "gzip"};

static const char *const suffixes[CODINGS] = {"", ".br", ".zst", ".gz"};

static struct cache_entry *entry_of(struct list *used)
{
  return container_of(used, struct cache_entry, used);
}

static void entry_free(struct cache_entry *e)
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

/* FNV-1a. */
static uint64_t hash_of(const char *path, size_t length, enum coding coding)
{
  uint64_t hash = 14695981039346656037U + coding;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)path[i]) * 1099511628211U;
  return hash;
}

static void remove_entry(struct cache *c, struct cache_entry *e)
{
  list_remove(&e->used);
  list_remove(&e->chain);
  c->count--;
  c->files -= e->file != NULL;
  c->bytes -= e->bytes ? e->bytes->length : 0;
  entry_free(e);
}

static bool is_over(const struct cache *c)
{
  return c->count > CACHE_MOST_ENTRIES || c->files > c->most_files || c->bytes > CACHE_MOST_BYTES;
}

static void add_entry(struct cache *c, struct cache_entry *e)
{
  list_append(&c->used, &e->used);
  list_append(&c->buckets[e->hash % CACHE_BUCKETS], &e->chain);
  c->count++;
  c->files += e->file != NULL;
  c->bytes += e->bytes ? e->bytes->length : 0;
  while (is_over(c))
    remove_entry(c, entry_of(list_pop(&c->used)));
}

static struct cache_entry *find(struct cache *c, const char *path, size_t length,
                                enum coding coding, uint64_t hash)
{
  struct list *bucket = &c->buckets[hash % CACHE_BUCKETS];
  for (struct list *node = bucket->next; node != bucket; node = node->next) {
    struct cache_entry *e = container_of(node, struct cache_entry, chain);
    if (e->hash == hash && e->coding == coding && e->path_length == length &&
        memcmp(e->path, path, length) == 0)
      return e;
  }
  return NULL;
}

static bool same_time(struct timespec a, struct timespec b)
{
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Reads all of a small file. What was written to it meanwhile shows in its time or its size. */
static int read_all(struct cache_entry *e, int fd)
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
    if (e->st.st_size > CACHE_SMALL_FILE)
      return UV_EAGAIN;
  }
  return UV_EAGAIN;
}

/* The path of the entry's file in that coding; valid until the next call. */
static const char *path_of(struct cache_entry *e, enum coding coding)
{
  strcpy(e->path + e->path_length, suffixes[coding]);
  return e->path;
}

/* Encoded files that are older than the plain one are no versions of it. */
static unsigned variants_of(const struct cache *c, struct cache_entry *e)
{
  unsigned variants = 0;
  struct stat st;
  for (enum coding i = CODING_BR; i < CODINGS && e->coding == CODING_NONE; i++)
    if (fstatat(c->tree->root, path_of(e, i), &st, 0) == 0 && S_ISREG(st.st_mode) &&
        st.st_mtim.tv_sec >= e->st.st_mtim.tv_sec)
      variants |= 1U << i;
  path_of(e, CODING_NONE);
  return variants;
}

void etag_print(char out[ETAG_SIZE], const struct stat *st)
{
  snprintf(out, ETAG_SIZE, "\"%jx-%jx-%jx%08lx\"", (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
           (uintmax_t)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

static int make_lines(const struct cache *c, struct cache_entry *e)
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
                        e->type, modified, e->etag, c->control);
  if (!err && e->coding)
    err = buffer_printf(&b, "Content-Encoding: %s\r\n", coding_names[e->coding]);
  if (!err && (e->coding || e->variants))
    err = buffer_printf(&b, "Vary: Accept-Encoding\r\n");
  if (err) {
    buffer_release(&b);
    return err;
  }
  e->lines = (char *)b.memory; /* nothing was consumed: it begins there */
  e->lines_length = b.length;
  return 0;
}

/* Takes over `fd`. */
static int load(struct cache *c, struct cache_entry *e, int fd)
{
  int err = 0;
  if (S_ISDIR(e->st.st_mode)) {
    close(fd);
    return UV_EISDIR;
  }
  if (e->st.st_size <= CACHE_SMALL_FILE) {
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
  e->type = media_type(c->types, e->path);
  e->variants = variants_of(c, e);
  return make_lines(c, e);
}

static struct cache_entry *open_entry(struct cache *c, const char *path, size_t length,
                                      enum coding coding, int *err)
{
  struct cache_entry *e = calloc(1, sizeof *e + length + LONGEST_SUFFIX + 1);
  if (!e) {
    *err = UV_ENOMEM;
    return NULL;
  }
  list_init(&e->used);
  list_init(&e->chain);
  e->coding = coding;
  e->path_length = length;
  memcpy(e->path, path, length);
  int fd = tree_open_path(c->tree, path_of(e, coding), &e->st);
  path_of(e, CODING_NONE);
  *err = fd < 0 ? fd : load(c, e, fd);
  if (*err == 0)
    return e;
  entry_free(e);
  return NULL;
}

static bool still_holds(struct cache *c, struct cache_entry *e)
{
  bool same = tree_is_unchanged(c->tree, path_of(e, e->coding), &e->st);
  path_of(e, CODING_NONE);
  return same && variants_of(c, e) == e->variants;
}

/* Whether another write may have left the same mtime. */
static bool is_young(const struct cache_entry *e)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t age_s = (int64_t)now.tv_sec - e->st.st_mtim.tv_sec;
  if (age_s > 1 || age_s < -1)
    return false;
  int64_t age_ns = age_s * 1000000000 + now.tv_nsec - e->st.st_mtim.tv_nsec;
  return age_ns < CLOCK_TICK_NS && age_ns > -CLOCK_TICK_NS;
}

const struct cache_entry *cache_get(struct cache *c, const char *path, size_t length,
                                    enum coding coding, uint64_t now_ms, int *err)
{
  uint64_t hash = hash_of(path, length, coding);
  struct cache_entry *e = find(c, path, length, coding, hash);
  if (e && now_ms - e->checked_ms >= CACHE_CHECK_MS) {
    if (still_holds(c, e)) {
      e->checked_ms = now_ms;
    } else {
      remove_entry(c, e);
      e = NULL;
    }
  }
  if (e) {
    list_append(&c->used, &e->used);
    return e;
  }
  e = open_entry(c, path, length, coding, err);
  if (!e)
    return NULL;
  e->hash = hash;
  e->checked_ms = now_ms;
  if (is_young(e)) {
    entry_free(c->fresh);
    c->fresh = e;
  } else {
    add_entry(c, e);
  }
  return e;
}

/* A descriptor in sixteen may be a file's. */
static size_t most_files(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 16 > CACHE_MOST_FILES)
    return CACHE_MOST_FILES;
  return files.rlim_cur / 16 + 1;
}

void cache_init(struct cache *c, const struct tree *tree, const struct media_types *types,
                const char *control)
{
  c->tree = tree;
  c->types = types;
  c->control = control;
  c->count = c->files = c->bytes = 0;
  c->most_files = most_files();
  c->fresh = NULL;
  list_init(&c->used);
  for (size_t i = 0; i < CACHE_BUCKETS; i++)
    list_init(&c->buckets[i]);
}

void cache_release(struct cache *c)
{
  struct list *used;
  while ((used = list_pop(&c->used)) != NULL)
    remove_entry(c, entry_of(used));
  entry_free(c->fresh);
  c->fresh = NULL;
}
