#include "cmd/fetch/checksum.h"

#include "core/crypto/digest.h"

#include <uv.h>

int checksum_parse(struct checksum *c, const char *text, struct error *e)
{
  size_t n = strcspn(text, ":");
  size_t digits = 2 * digest_length((struct span){text, n});
  if (digits == 0 || text[n] == '\0')
    return error_say(e, UV_EINVAL,
                     "--checksum '%.100s': expected sha256:HEX, sha512:HEX, sha1:HEX or md5:HEX",
                     text);
  const char *hex = text + n + 1;
  if (strlen(hex) != digits || strspn(hex, "0123456789abcdefABCDEF") != digits)
    return error_say(e, UV_EINVAL, "--checksum: a %.*s has %zu hexadecimal digits", (int)n, text,
                     digits);
  *c = (struct checksum){{text, n}, hex};
  return 0;
}
