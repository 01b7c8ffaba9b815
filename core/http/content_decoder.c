#include "core/http/content_decoder.h"

#include "core/os/library.h"

#include <limits.h>
#include <stdlib.h>
#include <uv.h>

#define ZLIB_CONST
#include <zlib.h>

static struct {
  __typeof__(inflateInit2_) *init;
  __typeof__(inflate) *inflate;
  __typeof__(inflateReset) *reset;
  __typeof__(inflateReset2) *reset_to;
  __typeof__(inflateEnd) *end;
} zlib;

static const struct library_symbol symbols[] = {
    {"inflateInit2_", offsetof(__typeof__(zlib), init)},
    {"inflate", offsetof(__typeof__(zlib), inflate)},
    {"inflateReset", offsetof(__typeof__(zlib), reset)},
    {"inflateReset2", offsetof(__typeof__(zlib), reset_to)},
    {"inflateEnd", offsetof(__typeof__(zlib), end)},
    {NULL, 0},
};

static struct library library = {.soname = ANET_ZLIB,
                                 .symbols = symbols,
                                 .functions = &zlib,
                                 .guard = PTHREAD_MUTEX_INITIALIZER};

/* What zlib takes for a window of 32 KiB, the largest. */
enum { FOR_ZLIB = MAX_WBITS, FOR_BARE = -MAX_WBITS, FOR_GZIP = MAX_WBITS + 16 };

enum state {
  BEGINS, /* before the first two bytes */
  INSIDE, /* zlib has the say */
  ENDED,  /* behind the end, where another member of gzip may begin */
  PADDED, /* in zero bytes behind it */
  FAILED,
};

/* The two codings have the same faults, each its own words for them. */
struct words {
  const char *malformed, *sum, *length, *after;
};

static const struct words words[] = {
    [HTTP_GZIP] = {"malformed gzip data", "the check sum of the gzip body is wrong",
                   "the length of the gzip body is wrong", "bytes after the end of the gzip body"},
    [HTTP_DEFLATE] = {"malformed deflate data", "the check sum of the deflate body is wrong",
                      "malformed deflate data", "bytes after the end of the deflate body"},
};

struct http_content_decoder {
  enum http_coding coding;
  enum state state;
  Bytef first[2]; /* of a stream or a member: they tell what it is */
  size_t held;    /* how many of them have come, before it begins */
  int error;      /* once it has failed */
  const char *reason;
  z_stream stream; /* `avail_in` is what zlib has not yet taken of `first` */
};

struct http_content_decoder *http_content_decoder_new(enum http_coding coding, struct error *e)
{
  if (library_open(&library, e) < 0)
    return NULL;
  struct http_content_decoder *d = calloc(1, sizeof *d);
  if (d) {
    d->coding = coding;
    int window = coding == HTTP_GZIP ? FOR_GZIP : FOR_ZLIB;
    int code = zlib.init(&d->stream, window, ZLIB_VERSION, (int)sizeof d->stream);
    if (code == Z_OK)
      return d;
    free(d);
    if (code == Z_VERSION_ERROR) {
      error_say(e, UV_ENOSYS, "library %s: not the version 1 of zlib", library.soname);
      return NULL;
    }
  }
  error_set(e, UV_ENOMEM, "start to decode");
  return NULL;
}

static void fail(struct http_content_decoder *d, int error, const char *reason)
{
  d->state = FAILED;
  d->error = error;
  d->reason = reason;
}

/* A stream begins, or another member: zlib gets the bytes that told so. */
static void begin(struct http_content_decoder *d)
{
  if (d->state == ENDED)
    zlib.reset(&d->stream);
  d->stream.next_in = d->first;
  d->stream.avail_in = sizeof d->first;
  d->held = 0;
  d->state = INSIDE;
}

static void take_gzip(struct http_content_decoder *d, Bytef byte)
{
  static const Bytef magic[] = {0x1f, 0x8b}; /* RFC 1952 2.3.1 */
  if (byte == 0 && d->held == 0 && d->state != BEGINS) {
    d->state = PADDED;
    return;
  }
  if (d->state == PADDED || byte != magic[d->held]) {
    const struct words *w = &words[HTTP_GZIP];
    fail(d, UV_EPROTO, d->state == BEGINS ? w->malformed : w->after);
    return;
  }
  d->first[d->held++] = byte;
  if (d->held == sizeof magic)
    begin(d);
}

/* CM, CINFO and FCHECK (RFC 1950 2.2). A bare stream that begins so has a stored block first, and
 * ones where the bits up to its first whole byte are skipped, which nobody writes. */
static bool is_zlib_header(const Bytef *first)
{
  return (first[0] & 0x0f) == Z_DEFLATED && first[0] >> 4 <= 7 &&
         (first[0] << 8 | first[1]) % 31 == 0;
}

/* No stream of either kind is shorter than two bytes. */
static void take_deflate(struct http_content_decoder *d, Bytef byte)
{
  if (d->state != BEGINS) {
    fail(d, UV_EPROTO, words[HTTP_DEFLATE].after);
    return;
  }
  d->first[d->held++] = byte;
  if (d->held < sizeof d->first)
    return;
  if (!is_zlib_header(d->first))
    zlib.reset_to(&d->stream, FOR_BARE);
  begin(d);
}

/* What zlib has against the data. Its words alone tell a wrong sum: when they are others some day,
 * it is malformed data like any. */
static const char *reason_of(const struct http_content_decoder *d)
{
  const struct words *w = &words[d->coding];
  const char *said = d->stream.msg ? d->stream.msg : "";
  if (strcmp(said, "incorrect data check") == 0)
    return w->sum;
  return strcmp(said, "incorrect length check") == 0 ? w->length : w->malformed;
}

static uInt at_most(size_t n)
{
  return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

/* Lets zlib run once, and returns how many bytes it made. `*moved` says whether it did anything. */
static size_t inflate_some(struct http_content_decoder *d, struct span *input, Bytef *out,
                           size_t room, bool *moved)
{
  z_stream *z = &d->stream;
  bool from_input = z->avail_in == 0;
  if (from_input) {
    z->next_in = (const Bytef *)input->data;
    z->avail_in = at_most(input->length);
  }
  uInt given = z->avail_in, wanted = at_most(room);
  z->next_out = out;
  z->avail_out = wanted;
  int code = zlib.inflate(z, Z_NO_FLUSH);
  size_t used = given - z->avail_in, made = wanted - z->avail_out;
  if (from_input) {
    input->data += used;
    input->length -= used;
    z->avail_in = 0;
  }
  *moved = used > 0 || made > 0;
  if (code == Z_STREAM_END)
    d->state = ENDED;
  else if (code == Z_MEM_ERROR)
    fail(d, UV_ENOMEM, "no memory to decode");
  else if (code != Z_OK && code != Z_BUF_ERROR) /* Z_NEED_DICT too: HTTP has no dictionaries */
    fail(d, UV_EPROTO, reason_of(d));
  return made;
}

/* What was made before something failed is given first. */
ssize_t http_content_decoder_next(struct http_content_decoder *d, struct span *input, void *out,
                                  size_t room, const char **reason)
{
  size_t made = 0;
  bool moves = true;
  while (moves && made < room && d->state != FAILED) {
    if (d->state == INSIDE) {
      made += inflate_some(d, input, (Bytef *)out + made, room - made, &moves);
    } else if (input->length > 0) {
      Bytef byte = (Bytef)*input->data++;
      input->length--;
      if (d->coding == HTTP_GZIP)
        take_gzip(d, byte);
      else
        take_deflate(d, byte);
    } else {
      moves = false;
    }
  }
  if (made > 0 || d->state != FAILED)
    return (ssize_t)made;
  *reason = d->reason;
  return d->error;
}

bool http_content_decoder_is_done(const struct http_content_decoder *d)
{
  return d->held == 0 && d->state != INSIDE && d->state != FAILED;
}

void http_content_decoder_free(struct http_content_decoder *d)
{
  if (!d)
    return;
  zlib.end(&d->stream);
  free(d);
}
