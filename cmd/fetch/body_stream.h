/* A request body that is read while it is sent: from a pipe, a terminal or a device. Little of it
 * is in memory at a time, none on the disk, and it can be sent only once. */
#ifndef ANET_CMD_FETCH_BODY_STREAM_H
#define ANET_CMD_FETCH_BODY_STREAM_H

#include "core/base/error.h"
#include "core/stream/producer.h"

#include <stdbool.h>
#include <stdint.h>

struct body_stream;

#define BODY_STREAM_ANY_LENGTH UINT64_MAX

/* Takes over `fd`; `name`, which is borrowed, is for errors. With a `length` that many bytes must
 * come: the last is held back until the input has ended, so that the server never has a whole body
 * of another length. Else the bytes are sent in chunks (RFC 9112 7.1), without the last one. NULL
 * without memory, and `fd` is closed. */
struct body_stream *body_stream_new(int fd, const char *name, uint64_t length);

/* Sends it; what a producer before it has read is gone. NULL without memory. */
struct producer *body_stream_producer(struct body_stream *s);

/* Sends no more of it, and reads no more. */
void body_stream_stop(struct body_stream *s);

/* Whether its input, which has not ended, is what there is to wait for. */
bool body_stream_is_waiting(const struct body_stream *s);

/* The bytes that were read so far: they cannot be sent again. */
uint64_t body_stream_came(const struct body_stream *s);

/* Why it cannot be sent to its end; NULL for no reason. */
const struct error *body_stream_error(const struct body_stream *s);

/* After its producers are released. NULL does nothing. */
void body_stream_free(struct body_stream *s);

#endif
