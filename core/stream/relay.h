/* Streams joined: what is read from one dispatcher is written to another, in one direction (a flow)
 * or both (a relay).
 *
 * Half-close: the end of a flow's source is passed on to its sink once the last byte is out; the
 * relay is over when both flows are. A source that was reset resets the sink, once what it had sent
 * before is in the kernel's hands; what the kernel has not sent by then is dropped, as a reset
 * drops it on a direct connection. A unix socket has no resets: its loss is passed on as an end.
 * Back-pressure: a source is read only while nothing waits for the sink, so a flow holds at most
 * REACTOR_BUFFER_SIZE bytes, or a pipe's 1 MiB while it is spliced. */
#ifndef ANET_CORE_STREAM_RELAY_H
#define ANET_CORE_STREAM_RELAY_H

#include "core/base/buffer.h"
#include "core/event/dispatcher.h"
#include "core/stream/splice.h"

#include <stdbool.h>
#include <stdint.h>

struct relay;
struct relay_end;

enum flow_state {
  FLOW_MOVING, /* the source may send more */
  FLOW_ENDING, /* it has ended or is lost; what waits goes out first */
  FLOW_OVER,   /* the sink was told, or is lost */
};

/* One direction. */
struct flow {
  enum flow_state state;
  struct relay_end *source, *sink;
  struct buffer waiting;    /* bytes that the sink has not taken yet */
  struct splice_pipe *pipe; /* while it is spliced */
  unsigned large, small;    /* reads in a row that were large, or were small while spliced */
  bool only_copy;           /* splice(2) does not work here, or `transform` must see the bytes */
  bool keeps_end;           /* the end of the source is not passed on; set by the owner */
  uint64_t bytes;           /* read from the source */
};

static inline bool flow_is_over(const struct flow *f)
{
  return f->state == FLOW_OVER;
}

/* Whether something of it waits for the sink. */
bool flow_is_waiting(const struct flow *f);

/* A dispatcher that is the source of one flow, the sink of another, or both. */
struct relay_end {
  struct dispatcher d;
  struct relay *relay;
  struct flow *in;  /* the flow it feeds; NULL for none */
  struct flow *out; /* the flow it takes */
  bool reset;       /* the peer is lost, and so is what was on its way */
};

struct relay_ops {
  /* A source has ended or is lost while what it sent before waits for a sink that takes nothing.
   * Default: nothing. */
  void (*source_gone)(struct relay *relay);

  /* One of the flows is over or its sink lost, the other goes on. Default: nothing. */
  void (*half_over)(struct relay *relay);

  /* Both flows are over and all ends closed. The relay may be freed in `destroy`, not here. */
  void (*over)(struct relay *relay);

  /* Every end that was opened has been destroyed by the loop: frees the relay. Runs however they
   * were closed. */
  void (*destroy)(struct relay *relay);

  /* Changes what flows back on its way, for a sink that shows it: appends to `to` what `data`
   * becomes. 0 or a negative errno. NULL leaves it as it is. */
  int (*transform)(struct relay *relay, const void *data, size_t n, struct buffer *to);
};

enum { RELAY_ENDS = 3 };

struct relay {
  const struct relay_ops *ops;
  struct reactor *reactor;
  struct flow there, back;
  struct relay_end ends[RELAY_ENDS];
  size_t opened; /* ends whose destroy has not run */
  bool done;
  int error; /* the first loss or failure: a negative errno; 0 while all is well */
  const struct relay_end *failed; /* the end it came from */
};

/* Joins two sockets: `there` goes from ends[0] to ends[1], `back` the other way. Nothing moves
 * until the caller has opened all ends: for each, relay_end and then dispatcher_open,
 * dispatcher_open_file or dispatcher_take. */
void relay_init(struct relay *relay, struct reactor *r, const struct relay_ops *ops);

/* Joins a source and a sink to a socket: `there` goes from ends[0] (stdin) to ends[1] (the
 * socket), `back` from ends[1] to ends[2] (stdout). */
void relay_init_three(struct relay *relay, struct reactor *r, const struct relay_ops *ops);

/* The dispatcher of an end that is opened next; each is asked for once. From now on the relay waits
 * for its end, so it must be closed (relay_close does) even if opening fails. */
struct dispatcher *relay_end(struct relay *relay, size_t index);

/* Ends a flow as if its source had ended: what waits is sent first. Its sink has been opened, its
 * source need not be. May end the relay. */
void relay_end_flow(struct flow *f);

/* Reads once, up to 16 KiB, what ends[0] has already sent, before ends[1] is opened: whether there
 * was something, which relay_flush then sends. A peer that is lost by now ends the relay. */
bool relay_prefetch(struct relay *relay);

/* All ends are open: sends at once what was read before. May end the relay. */
void relay_flush(struct relay *relay);

/* Closes all at once; where something still waited, so that TCP peers see a reset and not an end.
 * over() does not run; destroy() does, at the end of the pass. */
void relay_close(struct relay *relay);

/* Closes all so that TCP peers see a reset. */
void relay_abort(struct relay *relay);

/* When something last moved, in reactor_now_ms's time. */
uint64_t relay_active_ms(const struct relay *relay);

#endif
