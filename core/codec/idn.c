#include "core/codec/idn.h"

#include "core/base/utf8.h"
#include "core/os/library.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static struct {
  __typeof__(idn2_lookup_u8) *lookup;
  __typeof__(idn2_strerror) *words;
  __typeof__(idn2_free) *free;
} idn2;

static const struct library_symbol symbols[] = {
    {"idn2_lookup_u8", offsetof(__typeof__(idn2), lookup)},
    {"idn2_strerror", offsetof(__typeof__(idn2), words)},
    {"idn2_free", offsetof(__typeof__(idn2), free)},
    {NULL, 0},
};

static struct library library = {.soname = ANET_LIBIDN2,
                                 .symbols = symbols,
                                 .functions = &idn2,
                                 .guard = PTHREAD_MUTEX_INITIALIZER};

enum { LONGEST_SHOWN = 120 }; /* bytes of a host, so that what is wrong with it fits in as well */

bool idn_is_needed(const char *host)
{
  for (; *host; host++) {
    if ((unsigned char)*host >= 0x80)
      return true;
  }
  return false;
}

static int refuse(const char *host, const char *why, struct error *e)
{
  size_t n = strnlen(host, LONGEST_SHOWN + 1);
  const char *rest = "";
  if (n > LONGEST_SHOWN) {
    n = LONGEST_SHOWN - utf8_tail(host, LONGEST_SHOWN);
    rest = "...";
  }
  return error_say(e, UV_EINVAL, "host %.*s%s: %s", (int)n, host, rest, why);
}

/* The mapping makes ASCII of some characters (UTS 46 4): what looks like a slash becomes one. Such
 * a host would not be the one that was read as a host, and none has them. */
static bool is_host(const char *ascii)
{
  return *ascii && ascii[strspn(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
}

/* Without the transitional mapping, which makes another host of one with an eszett: as browsers. */
int idn_to_ascii(const char *host, char **ascii, struct error *e)
{
  int err = library_open(&library, e);
  if (err < 0)
    return err;
  uint8_t *found = NULL;
  int code = idn2.lookup((const uint8_t *)host, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK && code != IDN2_MALLOC)
    return refuse(host, idn2.words(code), e);
  bool fits = code == IDN2_OK && is_host((char *)found);
  *ascii = fits ? strdup((char *)found) : NULL;
  idn2.free(found);
  if (code == IDN2_OK && !fits)
    return refuse(host, "it has a character that no host has", e);
  return *ascii ? 0 : error_set(e, UV_ENOMEM, "look at the name of a host");
}
