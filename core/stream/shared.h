/* Bytes and files that any number of receivers share, each with a count of references: the last one
 * that is dropped frees.
 *
 * Receivers may be on several threads: the counts are atomic, and what is shared does not change
 * while it is shared. A reference is passed to another thread by any means that orders memory (a
 * mutex, a mailbox). A thread may use what it holds a reference of, and nothing else. */
#ifndef ANET_CORE_STREAM_SHARED_H
#define ANET_CORE_STREAM_SHARED_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* One copy of some bytes. Made with one reference. */
struct shared_bytes {
  atomic_size_t references;
  size_t length;
  uint8_t data[];
};

/* A copy of `n` bytes. NULL without memory. */
struct shared_bytes *shared_bytes_new(const void *data, size_t n);

/* One more reference. Returns `b`. */
struct shared_bytes *shared_bytes_hold(struct shared_bytes *b);

/* One less. */
void shared_bytes_drop(struct shared_bytes *b);

/* An open file. Made with one reference. */
struct shared_file {
  atomic_size_t references;
  int fd;
  int64_t size; /* what it was when it was opened */
  struct timespec modified;
  atomic_bool warm; /* all of it was seen in the page cache; a hint */
};

/* Takes over `fd`; `st` says what it is. NULL without memory, and `fd` is closed. */
struct shared_file *shared_file_new(int fd, const struct stat *st);

/* One more reference. Returns `f`. */
struct shared_file *shared_file_hold(struct shared_file *f);

/* One less: the last one closes the file. */
void shared_file_drop(struct shared_file *f);

#endif
