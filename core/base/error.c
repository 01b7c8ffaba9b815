#include "core/base/error.h"

#include "core/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

const char *error_words(int code)
{
  switch (code) {
  case UV_EAI_NONAME:
  case UV_EAI_NODATA:
    return "name does not resolve";
  case UV_EAI_AGAIN:
    return "name does not resolve for now";
  case UV_EDESTADDRREQ:
    return "destination address required";
  default:
    return uv_strerror(code);
  }
}

static void fill(struct error *e, int code, const char *why, const char *format, va_list args)
{
  if (!e)
    return;
  char raw[sizeof e->text];
  size_t room = sizeof e->text - (why ? strlen(": ") + strlen(why) : 0); /* with the NUL */
  vsnprintf(raw, sizeof raw, format, args);
  e->code = code;
  size_t n = escape_to(e->text, room, raw, strlen(raw));
  if (why)
    snprintf(e->text + n, sizeof e->text - n, ": %s", why);
}

int error_set(struct error *e, int code, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fill(e, code, error_words(code), format, args);
  va_end(args);
  return code;
}

int error_vsay(struct error *e, int code, const char *format, va_list args)
{
  fill(e, code, NULL, format, args);
  return code;
}

int error_say(struct error *e, int code, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fill(e, code, NULL, format, args);
  va_end(args);
  return code;
}
