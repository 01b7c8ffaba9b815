#include "cmd/fetch/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

void failure_of(struct failure *f, int code, enum failure_again again, const struct error *e)
{
  *f = (struct failure){.code = code, .again = again, .keeps = again != FAILURE_FINAL, .error = *e};
}

void failure_say(struct failure *f, int code, enum failure_again again, const char *format, ...)
{
  struct error e;
  va_list args;
  va_start(args, format);
  error_vsay(&e, UV_EPROTO, format, args);
  va_end(args);
  failure_of(f, code, again, &e);
}

void failure_add(struct failure *f, const char *more)
{
  char *text = f->error.text;
  size_t n = strlen(text);
  snprintf(text + n, sizeof f->error.text - n, "; %s", more);
}
