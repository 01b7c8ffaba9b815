#include "cmd/serve/cache.h"

#include <string.h>
#include <sys/resource.h>

static struct entry *entry_of(struct list *used)
{
  return container_of(used, struct entry, used);
}

/* FNV-1a. */
static uint64_t hash_of(const char *path, size_t length, enum coding coding)
{
  uint64_t hash = 14695981039346656037U + coding;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)path[i]) * 1099511628211U;
  return hash;
}

static void remove_entry(struct cache *c, struct entry *e)
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

static void add_entry(struct cache *c, struct entry *e)
{
  list_append(&c->used, &e->used);
  list_append(&c->buckets[e->hash % CACHE_BUCKETS], &e->chain);
  c->count++;
  c->files += e->file != NULL;
  c->bytes += e->bytes ? e->bytes->length : 0;
  while (is_over(c))
    remove_entry(c, entry_of(list_pop(&c->used)));
}

static struct entry *find(struct cache *c, const char *path, size_t length, enum coding coding,
                          uint64_t hash)
{
  struct list *bucket = &c->buckets[hash % CACHE_BUCKETS];
  for (struct list *node = bucket->next; node != bucket; node = node->next) {
    struct entry *e = container_of(node, struct entry, chain);
    if (e->hash == hash && e->coding == coding && e->path_length == length &&
        memcmp(e->path, path, length) == 0)
      return e;
  }
  return NULL;
}

const struct entry *cache_get(struct cache *c, const char *path, size_t length, enum coding coding,
                              uint64_t now_ms, int *err)
{
  uint64_t hash = hash_of(path, length, coding);
  struct entry *e = find(c, path, length, coding, hash);
  bool due = e && now_ms - e->checked_ms >= CACHE_CHECK_MS;
  if (e && (due || e->file)) { /* what is sent from the disk is asked each time */
    bool old = e->bytes && now_ms - e->loaded_ms >= CACHE_READ_MS;
    if (!old && (due ? entry_still_holds(&c->source, e) : entry_is_same_file(e))) {
      e->checked_ms = due ? now_ms : e->checked_ms;
    } else {
      remove_entry(c, e);
      e = NULL;
    }
  }
  if (e) {
    list_append(&c->used, &e->used);
    return e;
  }
  e = entry_open(&c->source, path, length, coding, err);
  if (!e)
    return NULL;
  e->hash = hash;
  e->checked_ms = e->loaded_ms = now_ms;
  if (entry_is_young(e)) {
    entry_free(c->fresh);
    c->fresh = e;
  } else {
    add_entry(c, e);
  }
  return e;
}

size_t cache_most_files(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 16 > CACHE_MOST_FILES)
    return CACHE_MOST_FILES;
  return files.rlim_cur / 16 + 1;
}

void cache_init(struct cache *c, const struct entry_source *source)
{
  c->source = *source;
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
    remove_entry(c, entry_of(used));
  entry_free(c->fresh);
  c->fresh = NULL;
}
