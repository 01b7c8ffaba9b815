/* Why a transfer failed, and whether to try again. */
#ifndef ANET_CMD_FETCH_FAILURE_H
#define ANET_CMD_FETCH_FAILURE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum failure_again {
  FAILURE_FINAL,     /* it would fail again */
  FAILURE_TRANSIENT, /* it may succeed; but the server may have acted on the request already */
  FAILURE_INVITED,   /* the server asks for another try */
};

struct failure {
  int code; /* an exit code, or minus the signal that the program is to die of */
  enum failure_again again;
  bool keeps;       /* the bytes received so far are right */
  uint64_t wait_ms; /* the server asks to wait this long before another try */
  struct error error;
};

/* Fills `f`, with FORMAT as its error. `keeps` is set unless `again` is FAILURE_FINAL. */
void failure_say(struct failure *f, int code, enum failure_again again, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with a given error. */
void failure_of(struct failure *f, int code, enum failure_again again, const struct error *e);

/* Adds `more` to its error, after a semicolon. */
void failure_add(struct failure *f, const char *more);

#endif
