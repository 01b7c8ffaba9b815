#include "cmd/serve/cache.h"

#include "cmd/serve/file_time.h"

#include <string.h>
#include <sys/resource.h>

static struct resource *resource_of(struct list *used)
{
  return container_of(used, struct resource, used);
}

/* FNV-1a. */
static uint64_t hash_of(const char *path, size_t length, enum coding coding)
{
  uint64_t hash = 14695981039346656037U + coding;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)path[i]) * 1099511628211U;
  return hash;
}

static void remove_resource(struct cache *c, struct resource *r)
{
  list_remove(&r->used);
  list_remove(&r->chain);
  c->count--;
  c->files -= r->file != NULL;
  c->bytes -= r->bytes ? r->bytes->length : 0;
  resource_free(r);
}

static bool is_over(const struct cache *c)
{
  return c->count > CACHE_MOST_RESOURCES || c->files > c->most_files || c->bytes > CACHE_MOST_BYTES;
}

static void add_resource(struct cache *c, struct resource *r)
{
  list_append(&c->used, &r->used);
  list_append(&c->buckets[r->hash % CACHE_BUCKETS], &r->chain);
  c->count++;
  c->files += r->file != NULL;
  c->bytes += r->bytes ? r->bytes->length : 0;
  while (is_over(c))
    remove_resource(c, resource_of(list_pop(&c->used)));
}

static struct resource *find(struct cache *c, const char *path, size_t length, enum coding coding,
                             uint64_t hash)
{
  struct list *bucket = &c->buckets[hash % CACHE_BUCKETS];
  for (struct list *node = bucket->next; node != bucket; node = node->next) {
    struct resource *r = container_of(node, struct resource, chain);
    if (r->hash == hash && r->coding == coding && r->path_length == length &&
        memcmp(r->path, path, length) == 0)
      return r;
  }
  return NULL;
}

/* Asks the file system whether it is unchanged. */
static bool check(struct cache *c, struct resource *r, unsigned writes, uint64_t now_ms)
{
  bool variants = r->writes != writes || now_ms - r->varied_ms >= CACHE_VARIANTS_MS;
  if (!resource_still_holds(&c->source, r, variants))
    return false;
  r->checked_ms = now_ms;
  r->varied_ms = variants ? now_ms : r->varied_ms;
  r->writes = writes;
  return true;
}

const struct resource *cache_get(struct cache *c, const char *path, size_t length,
                                 enum coding coding, uint64_t now_ms, int *err)
{
  uint64_t hash = hash_of(path, length, coding);
  unsigned writes = atomic_load(c->writes); /* before the file is looked at */
  struct resource *r = find(c, path, length, coding, hash);
  bool due = r && (now_ms - r->checked_ms >= CACHE_CHECK_MS || r->writes != writes);
  if (r && (due || r->file)) { /* a file sent from the disk is checked each time */
    bool old = r->bytes && now_ms - r->loaded_ms >= CACHE_READ_MS;
    if (old || !(due ? check(c, r, writes, now_ms) : resource_is_same_file(r))) {
      remove_resource(c, r);
      r = NULL;
    }
  }
  if (r) {
    list_append(&c->used, &r->used);
    return r;
  }
  struct timespec asked = file_time_now();
  r = resource_open(&c->source, path, length, coding, err);
  if (!r)
    return NULL;
  r->hash = hash;
  r->checked_ms = r->varied_ms = r->loaded_ms = now_ms;
  r->writes = writes;
  if (file_time_is_young(r->st.st_mtim, asked)) {
    resource_free(c->fresh);
    c->fresh = r;
  } else {
    add_resource(c, r);
  }
  return r;
}

size_t cache_most_files(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 16 > CACHE_MOST_FILES)
    return CACHE_MOST_FILES;
  return files.rlim_cur / 16 + 1;
}

void cache_init(struct cache *c, const struct resource_source *source, const atomic_uint *writes)
{
  c->source = *source;
  c->writes = writes;
  c->count = c->files = c->bytes = 0;
  c->most_files = cache_most_files();
  c->fresh = NULL;
  list_init(&c->used);
  for (size_t i = 0; i < CACHE_BUCKETS; i++)
    list_init(&c->buckets[i]);
}

void cache_release(struct cache *c)
{
  struct list *used;
  while ((used = list_pop(&c->used)) != NULL)
    remove_resource(c, resource_of(used));
  resource_free(c->fresh);
  c->fresh = NULL;
}
