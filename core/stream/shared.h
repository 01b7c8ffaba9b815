/* Bytes and files that any number of receivers share, each with a count of references: the last one
 * that is dropped frees.
 *
 * Receivers may be on several threads: the counts are atomic, and what is shared does not change
 * while it is shared. A reference is passed to another thread by any means that orders memory (a
 * mutex, a mailbox). A thread may use what it holds a reference of, and nothing else. */
#ifndef ANET_CORE_STREAM_SHARED_H
#define ANET_CORE_STREAM_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* One copy of some bytes. Made with one reference. */
struct shared_bytes {
  atomic_size_t references;
  size_t length;
  uint8_t *data; /* in the same piece of memory; of a page or more it begins at a page */
};

/* Room for `n` bytes, to be filled before it is shared. NULL without memory. */
struct shared_bytes *shared_bytes_room(size_t n);

/* A copy of `n` bytes. NULL without memory. */
struct shared_bytes *shared_bytes_new(const void *data, size_t n);

/* One more reference. Returns `b`. */
struct shared_bytes *shared_bytes_hold(struct shared_bytes *b);

/* One less. */
void shared_bytes_drop(struct shared_bytes *b);

enum {
  SHARED_FILE_BLOCK = 512 * 1024,
  SHARED_FILE_MOST_BLOCKS = 32 * 1024, /* of a file of 16 GiB; of what follows nothing is kept */
};

/* An open file. Made with one reference. */
struct shared_file {
  atomic_size_t references;
  int fd;
  int64_t size; /* what it was when it was opened */
  struct timespec modified;
  atomic_uint_least64_t looked_ns; /* when it was last seen to be what it was; uv_hrtime's time */
  size_t blocks;
  atomic_uchar warm[]; /* in which time each block was seen in the page cache; a hint. See
                        * shared_file_is_warm */
};

/* Takes over `fd`; `st` says what it is. NULL without memory, and `fd` is closed. */
struct shared_file *shared_file_new(int fd, const struct stat *st);

/* One more reference. Returns `f`. */
struct shared_file *shared_file_hold(struct shared_file *f);

/* Whether the file is what it was when it was opened. One that only grew is taken for one that is
 * appended to, such as a log: what was promised of it is still there. */
bool shared_file_is_same(struct shared_file *f);

/* Says that somebody else has just seen that. */
void shared_file_looked(struct shared_file *f);

/* The same without a system call, if that was so within the last `ns`. */
bool shared_file_was_same(const struct shared_file *f, uint64_t ns);

/* Whether the block at `offset` was seen in the page cache not long ago, some seconds; and says
 * that it was seen now. */
bool shared_file_is_warm(const struct shared_file *f, int64_t offset, uint64_t now_ms);
void shared_file_saw_warm(struct shared_file *f, int64_t offset, uint64_t now_ms);

/* One less: the last one closes the file. */
void shared_file_drop(struct shared_file *f);

#endif
