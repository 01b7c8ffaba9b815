#include "core/base/error.h"

#include "core/base/escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

static bool known_to_libuv(int code)
{
  char words[64];
  return strncmp(uv_strerror_r(code, words, sizeof words), "Unknown ", 8) != 0;
}

/* The C library's words begin with a capital letter, so what may well happen has words of its own.
 */
static const char *words_of_system(int number)
{
  switch (number) {
  case EDQUOT:
    return "disk quota exceeded";
  case ENODEV:
    return "no such device";
  case ENOLCK:
    return "no locks available";
  case ESTALE:
    return "stale file handle";
#ifdef EUCLEAN
  case EUCLEAN:
    return "file system is damaged";
#endif
#ifdef EMEDIUMTYPE
  case EMEDIUMTYPE:
    return "wrong medium type";
#endif
#ifdef ENOMEDIUM
  case ENOMEDIUM:
    return "no medium found";
#endif
  default:
    return strerror(number);
  }
}

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
    return known_to_libuv(code) ? uv_strerror(code) : words_of_system(-code);
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
