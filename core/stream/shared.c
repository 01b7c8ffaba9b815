#include "core/stream/shared.h"

#include "core/base/buffer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { WARM_MS = 8000 };

/* A new reference is made from one that the caller has, so nothing needs to be ordered. */
static void hold(atomic_size_t *references)
{
  atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
}

/* Whether it was the last. What other threads did with theirs is done before that one is freed. */
static bool drop(atomic_size_t *references)
{
  return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

/* Where `data` begins at a page, what is known of it lies behind. */
struct shared_bytes *shared_bytes_room(size_t n)
{
  const size_t unit = sizeof(struct shared_bytes);
  if (n > SIZE_MAX - 2 * unit)
    return NULL;
  size_t before = n < BUFFER_PAGE ? 0 : (n + unit - 1) / unit * unit;
  uint8_t *memory = page_alloc(before > 0 ? before + unit : unit + n);
  if (!memory)
    return NULL;
  struct shared_bytes *b = (struct shared_bytes *)(memory + before);
  atomic_init(&b->references, 1);
  b->length = n;
  b->data = before > 0 ? memory : memory + unit;
  return b;
}

struct shared_bytes *shared_bytes_new(const void *data, size_t n)
{
  struct shared_bytes *b = shared_bytes_room(n);
  if (b && n > 0)
    memcpy(b->data, data, n);
  return b;
}

struct shared_bytes *shared_bytes_hold(struct shared_bytes *b)
{
  hold(&b->references);
  return b;
}

void shared_bytes_drop(struct shared_bytes *b)
{
  if (drop(&b->references))
    free(b->data < (uint8_t *)b ? (void *)b->data : b);
}

struct shared_file *shared_file_new(int fd, const struct stat *st)
{
  uint64_t blocks = (uint64_t)st->st_size / SHARED_FILE_BLOCK + 1;
  if (blocks > SHARED_FILE_MOST_BLOCKS)
    blocks = SHARED_FILE_MOST_BLOCKS;
  struct shared_file *f = malloc(sizeof *f + blocks);
  if (!f) {
    close(fd);
    return NULL;
  }
  memset(f, 0, sizeof *f + blocks);
  atomic_init(&f->references, 1);
  f->blocks = (size_t)blocks;
  f->fd = fd;
  f->size = st->st_size;
  f->modified = st->st_mtim;
  return f;
}

struct shared_file *shared_file_hold(struct shared_file *f)
{
  hold(&f->references);
  return f;
}

bool shared_file_is_same(struct shared_file *f)
{
  struct stat st;
  if (fstat(f->fd, &st) < 0 || st.st_size < f->size ||
      (st.st_size == f->size &&
       (st.st_mtim.tv_sec != f->modified.tv_sec || st.st_mtim.tv_nsec != f->modified.tv_nsec)))
    return false;
  shared_file_looked(f);
  return true;
}

void shared_file_looked(struct shared_file *f)
{
  atomic_store_explicit(&f->looked_ns, uv_hrtime(), memory_order_relaxed);
}

bool shared_file_was_same(const struct shared_file *f, uint64_t ns)
{
  return uv_hrtime() - atomic_load_explicit(&f->looked_ns, memory_order_relaxed) < ns;
}

/* Which time it is now, for a block: never 0. The same again after half an hour. */
static unsigned char time_of(uint64_t now_ms)
{
  return (unsigned char)(now_ms / WARM_MS % UCHAR_MAX + 1);
}

bool shared_file_is_warm(const struct shared_file *f, int64_t offset, uint64_t now_ms)
{
  uint64_t block = (uint64_t)offset / SHARED_FILE_BLOCK;
  return block < f->blocks &&
         atomic_load_explicit(&f->warm[block], memory_order_relaxed) == time_of(now_ms);
}

void shared_file_saw_warm(struct shared_file *f, int64_t offset, uint64_t now_ms)
{
  uint64_t block = (uint64_t)offset / SHARED_FILE_BLOCK;
  if (block < f->blocks)
    atomic_store_explicit(&f->warm[block], time_of(now_ms), memory_order_relaxed);
}

void shared_file_drop(struct shared_file *f)
{
  if (!drop(&f->references))
    return;
  close(f->fd);
  free(f);
}
