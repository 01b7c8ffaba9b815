/* Why a transfer failed, and what that says of another try. */
#ifndef ANET_CMD_FETCH_FAILURE_H
#define ANET_CMD_FETCH_FAILURE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum failure_again {
  FAILURE_FINAL,     /* it would fail again */
  FAILURE_TRANSIENT, /* maybe not; but the request may have been acted on */
  FAILURE_INVITED,   /* the server asks for another */
};

struct failure {
  int code; /* an exit code, or minus a signal that the program is to die of */
  enum failure_again again;
  bool keeps;       /* what came is right as far as it goes */
  uint64_t wait_ms; /* that the server asks for before another try */
  struct error error;
};

/* Fills `f`, with an error that says FORMAT. What is not FAILURE_FINAL keeps what came. */
void failure_say(struct failure *f, int code, enum failure_again again, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with an error that is there. */
void failure_of(struct failure *f, int code, enum failure_again again, const struct error *e);

#endif
