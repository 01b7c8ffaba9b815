/* Content codings taken off, however the input and the output are cut. The streams are made by zlib
 * itself, or written out where it makes none such. */
#include "tests/unit/lib/harness.h"

#include "core/http/content_decoder.h"

#include <stdlib.h>
#include <uv.h>
#include <zlib.h>

enum { LONGEST = 256 * 1024 };

/* What came of a body. */
struct decoded {
  char body[LONGEST];
  size_t length;
  bool done;
  int error;
  const char *reason; /* NULL when nothing was wrong */
};

static struct decoded decoded;

/* Gives `n` bytes in pieces of at most `step`, and takes at most `room` at a time. */
static void decode(enum http_coding coding, const void *data, size_t n, size_t step, size_t room)
{
  struct http_content_decoder *decoder = http_content_decoder_new(coding, NULL);
  struct decoded *d = &decoded;
  assert_non_null(decoder);
  *d = (struct decoded){.length = 0};
  for (size_t used = 0; used < n && d->error == 0;) {
    size_t given = n - used < step ? n - used : step;
    struct span input = {(const char *)data + used, given};
    ssize_t made;
    used += given;
    do {
      size_t most = LONGEST - d->length < room ? LONGEST - d->length : room;
      made = http_content_decoder_next(decoder, &input, d->body + d->length, most, &d->reason);
      if (made > 0)
        d->length += (size_t)made;
      assert_true(made <= (ssize_t)most);
      assert_true(input.data + input.length == (const char *)data + used);
    } while (made > 0 || (made == 0 && input.length > 0));
    d->error = made < 0 ? (int)made : 0;
  }
  d->done = http_content_decoder_is_done(decoder);
  assert_int_equal(d->error < 0, d->reason != NULL);
  http_content_decoder_free(decoder);
}

static const struct {
  size_t input, output;
} cuts[] = {{SIZE_MAX, SIZE_MAX}, {1, SIZE_MAX}, {2, 7}, {3, 1}, {SIZE_MAX, 1}, {1, 1}, {100, 300}};

/* As zlib's own deflateInit2 has it. */
enum { BARE = -15, ZLIB = 15, GZIP = 15 + 16 };

/* A buffer of bytes to be decoded. */
struct coded {
  Bytef data[LONGEST + 4096];
  size_t length;
};

static struct coded coded;

static void code_more(int window, int level, const void *plain, size_t n)
{
  z_stream z = {.next_in = (Bytef *)plain, .avail_in = (uInt)n};
  assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_out = coded.data + coded.length;
  z.avail_out = (uInt)(sizeof coded.data - coded.length);
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  coded.length += z.total_out;
  deflateEnd(&z);
}

static void code(int window, int level, const void *plain, size_t n)
{
  coded.length = 0;
  code_more(window, level, plain, n);
}

static void add(const void *data, size_t n)
{
  memcpy(coded.data + coded.length, data, n);
  coded.length += n;
}

static enum http_coding coding_of(int window)
{
  return window == GZIP ? HTTP_GZIP : HTTP_DEFLATE;
}

/* What is coded gives `plain`, and may end there. */
static void assert_gives(enum http_coding coding, const void *plain, size_t n)
{
  for (size_t i = 0; i < LENGTH(cuts); i++) {
    decode(coding, coded.data, coded.length, cuts[i].input, cuts[i].output);
    if (decoded.reason)
      fail_msg("cut %zu: %s", i, decoded.reason);
    assert_true(decoded.done);
    assert_int_equal(decoded.length, n);
    assert_memory_equal(decoded.body, plain, n);
  }
}

/* What is coded gives `plain`, and then is refused. */
static void assert_refused(enum http_coding coding, const void *plain, size_t n, const char *why)
{
  for (size_t i = 0; i < LENGTH(cuts); i++) {
    decode(coding, coded.data, coded.length, cuts[i].input, cuts[i].output);
    if (!decoded.reason)
      fail_msg("cut %zu was taken, not refused: %s", i, why);
    assert_string_equal(decoded.reason, why);
    assert_int_equal(decoded.error, UV_EPROTO);
    assert_false(decoded.done);
    assert_int_equal(decoded.length, n);
    assert_memory_equal(decoded.body, plain, n);
  }
}

static const int windows[] = {BARE, ZLIB, GZIP};

static void a_body_is_what_it_was_before(void **state)
{
  static const int levels[] = {0, 1, 9};
  static const size_t lengths[] = {0, 1, 2, 300, 70000};
  static uint8_t plain[70000];
  (void)state;
  fill_pattern(plain, sizeof plain, 0);
  size_t step = (size_t)as_many(1, 4); /* which meets every window, level and length */
  for (size_t i = 0; i < LENGTH(windows) * LENGTH(levels) * LENGTH(lengths); i += step) {
    int window = windows[i % LENGTH(windows)];
    size_t n = lengths[i / LENGTH(windows) / LENGTH(levels)];
    code(window, levels[i / LENGTH(windows) % LENGTH(levels)], plain, n);
    assert_gives(coding_of(window), plain, n);
  }
}

static void little_input_may_become_much(void **state)
{
  static const char plain[200000];
  size_t n = (size_t)as_many(sizeof plain, sizeof plain / 5);
  (void)state;
  for (size_t i = 0; i < LENGTH(windows); i++) {
    code(windows[i], 9, plain, n);
    assert_true(coded.length < 400);
    assert_gives(coding_of(windows[i]), plain, n);
  }
}

static void the_optional_parts_of_a_member_are_skipped(void **state)
{
  Bytef extra[] = "ab\x02\x00xy", name[] = "name", comment[] = "comment";
  gz_header header = {.extra = extra, .extra_len = 6, .name = name, .comment = comment, .hcrc = 1};
  z_stream z = {.next_in = (Bytef *)"hello", .avail_in = 5};
  (void)state;
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
  z.next_out = coded.data;
  z.avail_out = sizeof coded.data;
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  coded.length = z.total_out;
  deflateEnd(&z);
  assert_gives(HTTP_GZIP, "hello", 5);

  coded.data[3] |= 0x80; /* a flag that is reserved (RFC 1952 2.3.1.2) */
  assert_refused(HTTP_GZIP, "", 0, "malformed gzip data");
}

static void the_members_of_gzip_follow_each_other(void **state)
{
  (void)state;
  code(GZIP, 6, "hello", 5);
  code_more(GZIP, 6, "", 0);
  code_more(GZIP, 0, ", ", 2);
  code_more(GZIP, 9, "world", 5);
  assert_gives(HTTP_GZIP, "hello, world", 12);
}

static void zero_bytes_may_follow_the_end_of_gzip(void **state)
{
  static const char zeros[512];
  (void)state;
  code(GZIP, 6, "hello", 5);
  add(zeros, 1);
  assert_gives(HTTP_GZIP, "hello", 5);
  add(zeros, sizeof zeros);
  assert_gives(HTTP_GZIP, "hello", 5);
}

static void other_bytes_may_not(void **state)
{
  static const struct {
    const char *bytes;
    size_t n;
  } rows[] = {
      {"x", 1},      {"\x1fx", 2}, {"\x1f\x1f", 2},       {"\x8b\x1f", 2},
      {"\x1f\0", 2}, {"\0x", 2},   {"\0\x1f\x8b\x08", 4},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    code(GZIP, 6, "hello", 5);
    add(rows[i].bytes, rows[i].n);
    assert_refused(HTTP_GZIP, "hello", 5, "bytes after the end of the gzip body");
  }
  for (size_t i = 0; i < LENGTH(windows) - 1; i++) {
    for (int byte = 0; byte < 256; byte += 85) {
      char last = (char)byte;
      code(windows[i], 6, "hello", 5);
      add(&last, 1);
      assert_refused(HTTP_DEFLATE, "hello", 5, "bytes after the end of the deflate body");
    }
  }
}

static void a_wrong_sum_or_length_is_told_behind_the_bytes(void **state)
{
  (void)state;
  code(GZIP, 6, "hello", 5);
  coded.data[coded.length - 8] ^= 1; /* CRC32 */
  assert_refused(HTTP_GZIP, "hello", 5, "the check sum of the gzip body is wrong");
  coded.data[coded.length - 8] ^= 1;
  coded.data[coded.length - 1] ^= 1; /* ISIZE */
  assert_refused(HTTP_GZIP, "hello", 5, "the length of the gzip body is wrong");
  code(GZIP, 6, "hello", 5);
  code_more(GZIP, 6, "again", 5);
  coded.data[coded.length - 5] ^= 0x80;
  assert_refused(HTTP_GZIP, "helloagain", 10, "the check sum of the gzip body is wrong");
  code(ZLIB, 6, "hello", 5);
  coded.data[coded.length - 1] ^= 1; /* ADLER32 */
  assert_refused(HTTP_DEFLATE, "hello", 5, "the check sum of the deflate body is wrong");
}

static void what_is_not_of_the_coding_is_refused(void **state)
{
  static const char gzip[] = "malformed gzip data", deflate[] = "malformed deflate data";
  static const struct {
    enum http_coding coding;
    const char *bytes;
    size_t n;
    const char *plain, *reason;
  } rows[] = {
      {HTTP_GZIP, "hello", 5, "", gzip},
      {HTTP_GZIP, "\0", 1, "", gzip},
      {HTTP_GZIP, "\x1f\x8c", 2, "", gzip},
      {HTTP_GZIP, "\x1f\x8b\x07\0", 4, "", gzip}, /* not deflate inside */
      {HTTP_GZIP, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x07", 11, "", gzip},
      {HTTP_DEFLATE, "hello", 5, "", deflate},
      {HTTP_DEFLATE, "\x07\0", 2, "", deflate},          /* a block of no type */
      {HTTP_DEFLATE, "\x01\x01\0\0\0x", 6, "", deflate}, /* LEN and NLEN (RFC 1951 3.2.4) */
      {HTTP_DEFLATE, "\x78\xbb\0\0\0\x01\x03\0", 8, "", deflate}, /* wants a dictionary */
      {HTTP_DEFLATE, "\x4b\x04\x42\0", 4, "a", deflate},          /* a copy from before the start */
      {HTTP_DEFLATE,
       "\x00\x01\0\xfe\xff"
       "a\x07",
       7, "a", deflate},
      {HTTP_DEFLATE, "\x88\x1c\x03\0\0", 5, "",
       deflate}, /* as zlib, but for its window of 64 KiB */
      {HTTP_DEFLATE, "\x78\x9d\x03\0\0", 5, "", deflate}, /* as zlib, but for FCHECK */
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    coded.length = 0;
    add(rows[i].bytes, rows[i].n);
    assert_refused(rows[i].coding, rows[i].plain, strlen(rows[i].plain), rows[i].reason);
  }
}

static void a_body_that_is_cut_is_not_done(void **state)
{
  (void)state;
  for (size_t w = 0; w < LENGTH(windows); w++) {
    code(windows[w], 6, "hello, hello, hello", 19);
    size_t first = coded.length;
    if (windows[w] == GZIP)
      code_more(GZIP, 6, "again", 5);
    for (size_t n = 0; n <= coded.length; n++) {
      for (size_t i = 0; i < LENGTH(cuts); i++) {
        decode(coding_of(windows[w]), coded.data, n, cuts[i].input, cuts[i].output);
        assert_null(decoded.reason);
        assert_int_equal(decoded.done, n == 0 || n == first || n == coded.length);
      }
    }
  }
}

static void what_failed_once_stays_so(void **state)
{
  struct http_content_decoder *d = http_content_decoder_new(HTTP_GZIP, NULL);
  struct span input = span_of("hello");
  char out[16];
  (void)state;
  assert_non_null(d);
  for (unsigned i = 0; i < 3; i++) {
    const char *reason = NULL;
    assert_int_equal(http_content_decoder_next(d, &input, out, sizeof out, &reason), UV_EPROTO);
    assert_string_equal(reason, "malformed gzip data");
    input = span_of("\x1f\x8b");
  }
  http_content_decoder_free(d);
  http_content_decoder_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_body_is_what_it_was_before),
      TEST(little_input_may_become_much),
      TEST(the_optional_parts_of_a_member_are_skipped),
      TEST(the_members_of_gzip_follow_each_other),
      TEST(zero_bytes_may_follow_the_end_of_gzip),
      TEST(other_bytes_may_not),
      TEST(a_wrong_sum_or_length_is_told_behind_the_bytes),
      TEST(what_is_not_of_the_coding_is_refused),
      TEST(a_body_that_is_cut_is_not_done),
      TEST(what_failed_once_stays_so),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
