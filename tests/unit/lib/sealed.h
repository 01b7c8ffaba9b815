/* A transport that has all that TLS has and no cryptography: a handshake of several steps, records,
 * bytes held inside, an end that is said in the stream, ways that turn round.
 *
 * On the wire: the bytes of the handshake, then records of a length in two bytes and so many bytes,
 * each turned round. A record of length 0 is the end; a stream that stops without it is cut. */
#ifndef ANET_TESTS_SEALED_H
#define ANET_TESTS_SEALED_H

#include "tests/unit/lib/probe.h"

#include "core/base/buffer.h"

struct sealed {
  struct transport base;
  const char *steps;   /* what is left of the handshake: `r` reads a byte, `w` writes one */
  bool step_waits;     /* before the next `w`, the descriptor must be writable */
  struct buffer in;    /* read from the descriptor, not decoded */
  size_t left;         /* of the record that is being delivered */
  bool stuck;          /* recv said that it would block */
  bool ended;          /* the end came */
  struct buffer out;   /* a record on its way out, */
  size_t committed;    /* and how many bytes of the caller it has */
  uint8_t first;       /* the first of them */
  bool said_end;       /* shutdown is done */
  int recv_turns;      /* so many times, recv wants to write first */
  int send_turns;      /* so many times, send wants to read first */
  int shutdown_blocks; /* so many times, shutdown would block */
  bool recv_turned, send_turned;
  int recvs, sends; /* calls */
};

/* Makes them. All that is set here is given to each. */
struct sealed_maker {
  struct transport_maker base;
  const char *steps;
  bool fails;
};

/* The handshakes of a client and a server that go together. */
#define SEALED_CLIENT "wrw"
#define SEALED_SERVER "rwr"

/* One that makes transports with this handshake; "" for none. */
struct sealed_maker sealed_maker(const char *steps);

/* What the dispatcher's transport is. */
struct sealed *sealed_of(struct dispatcher *d);

/* A probe on one end of a connected pair, TCP or unix, with a transport of `m`; returns the peer's
 * end. */
int probe_through(struct probe *p, struct reactor *r, struct transport_maker *m, bool tcp);

/* The same with a sealed transport that has this handshake; and one whose handshake is over. */
int probe_sealed(struct probe *p, struct reactor *r, const char *steps);
int probe_ready(struct probe *p, struct reactor *r);

/* The peer's side, on a blocking descriptor: a record, the end, a byte of the handshake. */
void put_sealed(int fd, const char *text);
void put_sealed_end(int fd);
void put_step(int fd);

/* What is there now is a record with this text; "" for the end. */
void assert_gets_sealed(int fd, const char *text);
void assert_gets_step(int fd);

#endif
