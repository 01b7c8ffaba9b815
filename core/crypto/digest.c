#include "core/crypto/digest.h"

#include "core/base/hex.h"
#include "core/os/library.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <uv.h>

static struct {
  __typeof__(EVP_get_digestbyname) *by_name;
  __typeof__(EVP_MD_CTX_new) *context_new;
  __typeof__(EVP_MD_CTX_free) *context_free;
  __typeof__(EVP_DigestInit_ex) *init;
  __typeof__(EVP_DigestUpdate) *update;
  __typeof__(EVP_DigestFinal_ex) *final;
} openssl;

static const struct library_symbol symbols[] = {
    {"EVP_get_digestbyname", offsetof(__typeof__(openssl), by_name)},
    {"EVP_MD_CTX_new", offsetof(__typeof__(openssl), context_new)},
    {"EVP_MD_CTX_free", offsetof(__typeof__(openssl), context_free)},
    {"EVP_DigestInit_ex", offsetof(__typeof__(openssl), init)},
    {"EVP_DigestUpdate", offsetof(__typeof__(openssl), update)},
    {"EVP_DigestFinal_ex", offsetof(__typeof__(openssl), final)},
    {NULL, 0},
};

static struct library library = {.soname = ANET_LIBCRYPTO,
                                 .symbols = symbols,
                                 .functions = &openssl,
                                 .guard = PTHREAD_MUTEX_INITIALIZER};

struct algorithm {
  const char *name; /* which OpenSSL knows it by, too */
  size_t length;
};

static const struct algorithm algorithms[] = {
    {"sha256", 32},
    {"sha1", 20},
    {"sha512", DIGEST_LONGEST},
    {"md5", 16},
};

struct digest {
  size_t length;
  EVP_MD_CTX *context;
};

static const struct algorithm *find(struct span name)
{
  for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
    if (span_is_nocase(name, algorithms[i].name))
      return &algorithms[i];
  }
  return NULL;
}

size_t digest_length(struct span name)
{
  const struct algorithm *a = find(name);
  return a ? a->length : 0;
}

struct digest *digest_new(struct span name, struct error *e)
{
  const struct algorithm *a = find(name);
  if (!a) {
    int shown = name.length < 32 ? (int)name.length : 32;
    error_say(e, UV_EINVAL, "no check sum is called %.*s", shown, name.data);
    return NULL;
  }
  if (library_open(&library, e) < 0)
    return NULL;
  struct digest *d = calloc(1, sizeof *d);
  if (!d || !(d->context = openssl.context_new())) {
    free(d);
    error_set(e, UV_ENOMEM, "start a check sum");
    return NULL;
  }
  d->length = a->length;
  /* A machine may be set up to refuse what is weak. */
  const EVP_MD *type = openssl.by_name(a->name);
  if (!type || !openssl.init(d->context, type, NULL)) {
    digest_free(d);
    error_say(e, UV_ENOTSUP, "library %s: it does not do %s here", library.soname, a->name);
    return NULL;
  }
  return d;
}

int digest_update(struct digest *d, const void *data, size_t n)
{
  return openssl.update(d->context, data, n) ? 0 : UV_EIO;
}

int digest_finish(struct digest *d, char hex[2 * DIGEST_LONGEST + 1])
{
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned n;
  if (!openssl.final(d->context, sum, &n))
    return UV_EIO;
  assert(n == d->length);
  hex_encode(hex, sum, n);
  return 0;
}

void digest_free(struct digest *d)
{
  if (!d)
    return;
  openssl.context_free(d->context);
  free(d);
}
