/* What the unit tests of the core share: a reactor for each test, pairs of sockets, a record of
 * the calls that handlers get, a transport that fails on demand.
 *
 * Every test is run between reactor_setup and reactor_teardown, which also fail it when it leaves a
 * descriptor open. Nothing sleeps: a test runs the passes of the loop one by one, and an alarm ends
 * a program that waits for what never comes. */
#ifndef ANET_TESTS_HARNESS_H
#define ANET_TESTS_HARNESS_H

#include "core/event/dispatcher.h"
#include "core/event/reactor.h"
#include "core/event/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TEST(f)       cmocka_unit_test_setup_teardown(f, reactor_setup, reactor_teardown)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* First in every main: sets the alarm and ignores SIGPIPE. */
void harness_start(void);

/* `many`, or `few` under valgrind: how many of a test's like cases are enough. */
int as_many(int many, int few);

int reactor_setup(void **state); /* *state becomes the test's struct reactor */
int reactor_teardown(void **state);

/* One pass that waits until something happens, for a while: a timer that is due when the pass
 * begins does not end its wait. Fails the test when nothing ever could happen. */
void pass(struct reactor *r);

/* `n` passes that do not wait. */
void passes(struct reactor *r, unsigned n);

/* The record of a test's calls, as text: those of one step stand with a comma between them, the
 * steps with a semicolon, and a step without calls is a dash. */
void record(const char *format, ...) __attribute__((format(printf, 1, 2)));
void record_bytes(const char *call, const void *data, size_t n); /* which are shown escaped */
void record_step(void);                                          /* begins the next step */
void assert_calls(const char *want);                             /* and forgets it all */

/* The name of a negative errno for the record, `ECONNREFUSED`. */
const char *error_name(int err);

/* Connected pairs: [0] is ours and non-blocking, [1] the peer's and blocking. */
void pair_unix(int fds[2]);
void pair_tcp(int fds[2]);

/* The address of a socket on 127.0.0.1; listening when `backlog` is not negative, else a place
 * that refuses. Returns the socket. */
int tcp_socket(struct sockaddr_storage *sa, socklen_t *size, int backlog);

/* Connects to what tcp_socket made, blocking, and returns the socket. */
int tcp_connect(const struct sockaddr_storage *sa, socklen_t size);

/* A listener whose backlog is full, so that a connection to it neither stands nor fails. */
struct full_listener {
  int fd, waiting[4];
  struct sockaddr_storage sa;
  socklen_t size;
};
void full_listener(struct full_listener *f);
void full_listener_close(struct full_listener *f);

/* Closes so that a TCP peer sees a reset. */
void close_with_reset(int fd);

bool is_open(int fd);
bool is_readable(int fd);   /* now */
void wait_readable(int fd); /* until there is something or the end */
int error_of_read(int fd);  /* what a blocking read of one byte says: 0 for the end */
void put(int fd, const char *text);
void put_bytes(int fd, const void *data, size_t n);

/* What is there now, up to `n` bytes. */
size_t take(int fd, void *data, size_t n);

/* What is there now is exactly `text`. */
void assert_gets(int fd, const char *text);

/* The end of the stream is there now, and nothing before it. */
void assert_ends(int fd);

/* An empty regular file without a name. */
int temporary_file(void);

/* Bytes that show when they are out of order: the one at `offset` of a long stream. */
void fill_pattern(uint8_t *data, size_t n, uint64_t offset);
void assert_pattern(const uint8_t *data, size_t n, uint64_t offset);

/* What is written to stderr between the two. */
struct capture {
  int saved, file;
  char text[8192];
};
void capture_start(struct capture *c);
const char *capture_stop(struct capture *c);
size_t count_lines(const char *text);

/* A dispatcher of no reactor, with the plain transport on `fd`, until the next call. */
struct dispatcher *on(int fd);

/* A transport under an opened dispatcher: counts, and answers as it is told. */
struct script {
  struct transport base;
  int recv_result;  /* 0: as it is; negative: this, each time */
  int send_result;  /* 0: as it is; negative: this; positive: takes at most so many bytes */
  int recvs, sends; /* calls */
  size_t recv_most, send_most; /* the largest `n` of a call */
  bool held_back;              /* the last send may wait in the kernel for another one */
};
void script_install(struct script *s, struct dispatcher *d);

#endif
