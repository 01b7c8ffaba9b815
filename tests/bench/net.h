/* What the load tools share: TCP on 127.0.0.1 and epoll.
 *
 * Every function either does what it says or ends the program with a message
 * and status 1: a figure is only worth printing when all the work was done. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

enum {
  /* The body of a bulk stream repeats with this period, so both ends can tell
   * from an offset alone which byte belongs there. */
  PATTERN_STRIDE = 1024,
  PATTERN_PERIOD = 251 * PATTERN_STRIDE,
  CHUNK = 256 * 1024, /* bytes offered to one send or recv of bulk */
  MESSAGE_MAX = 64 * 1024,
  EVENTS_MAX = 64,
  SERVER_DEADLINE_S = 1800, /* SIGALRM ends a server whose script was killed */
};

/* What the files that HTTP serves are made of, over and over. */
#define FILE_LINE "0123456789abcde\n"
enum { FILE_LINE_SIZE = sizeof FILE_LINE - 1 };

/* The byte a bulk stream carries at an offset of its body. */
uint8_t pattern_at(uint64_t offset);

/* A decimal number between 1 and max. */
uint64_t parse_number(const char *text, uint64_t max);

/* A listening socket on a port of the kernel's choice; its address is printed
 * as the first line on stdout, "127.0.0.1:40123". */
int listen_local(void);

/* A connected blocking socket without Nagle's delay. Blocking is right here:
 * loopback answers a SYN before connect returns while the backlog has room. */
int connect_local(uint16_t port);

/* Accepts one connection, blocking, without Nagle's delay. */
int accept_local(int listener);

/* Sends all of a message that is known to fit the socket's buffer. Returns 0,
 * or -1 if the peer is gone, which is for the caller to judge. */
int send_message(int fd, const void *data, size_t size);

int poll_open(void);

/* operation is EPOLL_CTL_ADD or EPOLL_CTL_MOD. */
void poll_set(int poll, int operation, int fd, uint32_t events, void *context);

/* Waits for events and returns how many came; at least one. */
int poll_wait(int poll, struct epoll_event events[EVENTS_MAX]);

/* The least loop a server can have: accepts on a port of the kernel's choice,
 * prints the address, and calls answer with each connection that has something
 * to read; answer closes it at its end. Level-triggered, so one recv an event
 * is enough: no second one only to find EAGAIN. Never returns. */
_Noreturn void poll_serve(void (*answer)(int fd));

#endif
