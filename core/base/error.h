/* An error with its context: which call failed, on what, and why. */
#ifndef ANET_CORE_BASE_ERROR_H
#define ANET_CORE_BASE_ERROR_H

#include <stdarg.h>

/* `code` is 0 (no error) or a negative errno or UV_EAI_* value; `text` says "what: why", lower
 * case, with no newline, nothing in it that a terminal would obey, and no program's name. */
struct error {
  int code;
  char text[512];
};

/* Fills `e` with "FORMAT: the words of code" and returns `code`, so that a function can end in
 * `return error_set(e, code, "bind %s", name)`. A FORMAT that is too long is cut, never the words.
 * `e` may be NULL. */
int error_set(struct error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with words of the caller's own for why: the text is FORMAT alone. */
int error_say(struct error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int error_vsay(struct error *e, int code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* The words for a negative errno or UV_EAI_* code; never NULL. */
const char *error_words(int code);

#endif
