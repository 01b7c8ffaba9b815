/* The chunked coding taken off, however the bytes are split. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/chunked.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* What came of a body. */
struct decoded {
  char body[8192];
  size_t length, used;
  bool done;
  const char *reason; /* NULL when nothing was wrong */
};

/* Feeds `n` bytes in pieces of at most `step`. */
static void decode_as(struct http_chunked c, struct decoded *d, const char *data, size_t n,
                      size_t step)
{
  memset(d, 0, sizeof *d);
  while (d->used < n && !c.done) {
    struct span piece;
    size_t given = n - d->used < step ? n - d->used : step;
    ssize_t used = http_chunked_next(&c, data + d->used, given, &piece, &d->reason);
    if (used < 0) {
      assert_int_equal(used, UV_EPROTO);
      assert_non_null(d->reason);
      break;
    }
    assert_in_range(used, 1, given);
    assert_true(piece.data >= data + d->used);
    assert_true(piece.data + piece.length <= data + d->used + used);
    assert_true(d->length + piece.length <= sizeof d->body);
    memcpy(d->body + d->length, piece.data, piece.length);
    d->length += piece.length;
    d->used += (size_t)used;
  }
  d->done = c.done;
}

static void decode(struct decoded *d, const char *data, size_t n, size_t step)
{
  decode_as((struct http_chunked){0}, d, data, n, step);
}

/* At once, byte by byte, and in pieces between. */
static const size_t steps[] = {SIZE_MAX, 1, 2, 3, 5, 7};

static void a_body_is_put_together_again(void **state)
{
  static const struct {
    const char *coded, *body;
    size_t left; /* bytes behind the end that are not touched */
  } rows[] = {
      {"0\r\n\r\n", "", 0},
      {"000\r\n\r\n", "", 0},
      {"5\r\nhello\r\n0\r\n\r\n", "hello", 0},
      {"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world", 0},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0},
      {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0},
      {"00000000000000000000000000000001\r\nx\r\n0\r\n\r\n", "x", 0},
      {"10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", 0},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0},
      {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", 0},
      {"1;x\r\na\r\n0\r\n\r\n", "a", 0},
      {"1;x=y\r\na\r\n0;z\r\n\r\n", "a", 0},
      {"1 ; x = \"y z\"\r\na\r\n0\r\n\r\n", "a", 0},
      {"1\t;x\r\na\r\n0\r\n\r\n", "a", 0},
      {"1;x=\";\"\r\na\r\n0\r\n\r\n", "a", 0},
      {"1;x=\"\xc3\xa9 \\\" \\\\ ;\"\r\na\r\n0\r\n\r\n", "a", 0},
      {"1;x;y=z ;\tw = \"\"\r\na\r\n0;v\r\n\r\n", "a", 0},
      {"0\r\nA: b\r\n\r\n", "", 0},
      {"1\r\nx\r\n0\r\nA: b\r\nC:\r\nD: \te \xff\r\n\r\n", "x", 0},
      {"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", 16},
      {"0\r\n\r\n\r\n", "", 2},
  };
  static struct decoded d;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows) * LENGTH(steps); i++) {
    size_t row = i % LENGTH(rows), n = strlen(rows[row].coded);
    decode(&d, rows[row].coded, n, steps[i / LENGTH(rows)]);
    if (d.reason)
      fail_msg("row %zu: %s", row, d.reason);
    assert_true(d.done);
    assert_string_equal(d.body, rows[row].body);
    assert_int_equal(n - d.used, rows[row].left);
  }
}

static void every_malformed_body_is_refused_where_it_is(void **state)
{
  static const char size[] = "malformed chunk size";
  static const char extension[] = "malformed chunk extension";
  static const char end[] = "no end of line after a chunk";
  static const char trailer[] = "malformed trailer field";
  static const struct {
    const char *coded, *body;
    size_t used; /* bytes before the one that is wrong */
    const char *reason;
  } rows[] = {
      {"\r\n", "", 0, size},
      {"\n", "", 0, size},
      {";x\r\n", "", 0, size},
      {"g\r\n", "", 0, size},
      {" 1\r\nx\r\n", "", 0, size},
      {"\t1\r\nx\r\n", "", 0, size},
      {"+1\r\nx\r\n", "", 0, size},
      {"-1\r\nx\r\n", "", 0, size},
      {"/\r\n", "", 0, size},
      {":\r\n", "", 0, size},
      {"@\r\n", "", 0, size},
      {"`\r\n", "", 0, size},
      {"\xb1\r\n", "", 0, size},
      {"0x1\r\nx\r\n", "", 1, size},
      {"1_0\r\nx\r\n", "", 1, size},
      {"1,1\r\nx\r\n", "", 1, size},
      {"1 \r\nx\r\n", "", 2, size},
      {"1\t\r\nx\r\n", "", 2, size},
      {"1 1\r\nx\r\n", "", 2, size},
      {"1\nx\r\n", "", 1, size},
      {"1\rx\r\n", "", 2, size},
      {"1\r\r\nx\r\n", "", 2, size},
      {"1;a\nx\r\n", "", 3, extension},
      {"1;a\x01\r\nx", "", 3, extension},
      {"1;a=\"\n\"\r\nx", "", 5, extension},
      {"1;a\x7f\r\nx", "", 3, extension},
      {"1;\r\nx", "", 2, extension},
      {"1; \r\nx", "", 3, extension},
      {"1;;a\r\nx", "", 2, extension},
      {"1;=b\r\nx", "", 2, extension},
      {"1;a \r\nx", "", 4, extension},
      {"1;a b\r\nx", "", 4, extension},
      {"1;a=\r\nx", "", 4, extension},
      {"1;a= \r\nx", "", 5, extension},
      {"1;a=;b\r\nx", "", 4, extension},
      {"1;bad[=x\r\n", "", 5, extension},
      {"1;a=b[\r\n", "", 5, extension},
      {"1;a=b=c\r\n", "", 5, extension},
      {"1;a=\"b\r\n", "", 6, extension},
      {"1;a=\"b\"c\r\n", "", 7, extension},
      {"1;a=\"\\\r\n", "", 6, extension},
      {"1;a;\r\nx", "", 4, extension},
      {"1;x=\xc3\xa9\r\nx", "", 4, extension},
      {"1;a=b \r\nx", "", 6, size},
      {"1;a\rb\r\nx", "", 4, size},
      {"10000000000000000\r\n", "", 16, size},
      {"fffffffffffffffff\r\n", "", 16, size},
      {"00fffffffffffffffff\r\n", "", 18, size},
      {"1\r\nxy\r\n", "x", 4, end},
      {"1\r\nx\n0\r\n", "x", 4, end},
      {"1\r\nx\r0\r\n", "x", 5, end},
      {"1\r\nx\r\r\n", "x", 5, end},
      {"1\r\nx0\r\n\r\n", "x", 4, end},
      {"0\r\n\n", "", 3, trailer},
      {"0\r\n\rx", "", 4, trailer},
      {"0\r\n\r\r\n", "", 4, trailer},
      {"0\r\n: b\r\n", "", 3, trailer},
      {"0\r\n A: b\r\n", "", 3, trailer},
      {"0\r\nA : b\r\n", "", 4, trailer},
      {"0\r\nA\r\n\r\n", "", 4, trailer},
      {"0\r\nA: b\n\r\n", "", 7, trailer},
      {"0\r\nA: b\rc\r\n", "", 8, trailer},
      {"0\r\nA: b\r\n c\r\n", "", 9, trailer},
      {"0\r\nA: b\x01\r\n", "", 7, trailer},
      {"0\r\nA: b\r\nGET / HTTP/1.1\r\n", "", 12, trailer},
  };
  static struct decoded d;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows) * LENGTH(steps); i++) {
    size_t row = i % LENGTH(rows), step = steps[i / LENGTH(rows)];
    decode(&d, rows[row].coded, strlen(rows[row].coded), step);
    if (!d.reason)
      fail_msg("row %zu was taken", row);
    assert_string_equal(d.reason, rows[row].reason);
    assert_string_equal(d.body, rows[row].body);
    if (step == 1 && d.used != rows[row].used)
      fail_msg("row %zu: refused after %zu bytes", row, d.used);
  }
}

static void a_client_takes_any_extension_in_its_line(void **state)
{
  static const char *const fine[] = {"1;\r\na\r\n0\r\n\r\n", "1;bad[=x\r\na\r\n0; \r\n\r\n",
                                     "1;x=\xc3\xa9\"\r\na\r\n0\r\n\r\n"};
  static const char *const malformed[] = {"1;a\nx\r\n", "1;a\rb\r\nx", "1 \r\nx"};
  static struct decoded d;
  const struct http_chunked lenient = {.lenient = true};
  (void)state;
  for (size_t i = 0; i < LENGTH(fine) * LENGTH(steps); i++) {
    const char *coded = fine[i % LENGTH(fine)];
    decode_as(lenient, &d, coded, strlen(coded), steps[i / LENGTH(fine)]);
    assert_null(d.reason);
    assert_true(d.done);
    assert_string_equal(d.body, "a");
  }
  for (size_t i = 0; i < LENGTH(malformed); i++) {
    decode_as(lenient, &d, malformed[i], strlen(malformed[i]), SIZE_MAX);
    assert_non_null(d.reason);
  }
}

static void NUL_is_part_of_a_body_and_of_nothing_else(void **state)
{
  static const struct {
    const char *coded;
    size_t n;
    bool fine;
  } rows[] = {
      {"2\r\n\0\0\r\n0\r\n\r\n", 12, true}, {"\0\r\n", 3, false},
      {"1\0\r\nx\r\n", 7, false},           {"1;\0\r\nx\r\n", 8, false},
      {"0\r\nA\0:\r\n\r\n", 10, false},     {"0\r\nA:\0\r\n\r\n", 10, false},
  };
  static struct decoded d;
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    decode(&d, rows[i].coded, rows[i].n, SIZE_MAX);
    assert_int_equal(d.done, rows[i].fine);
    assert_int_equal(d.reason == NULL, rows[i].fine);
  }
}

static void a_body_that_is_cut_is_not_done(void **state)
{
  static const char coded[] = "5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
  static struct decoded d;
  (void)state;
  for (size_t n = 0; n < sizeof coded - 1; n++) {
    decode(&d, coded, n, SIZE_MAX);
    assert_null(d.reason);
    assert_false(d.done);
    assert_int_equal(d.used, n);
  }
}

static void nothing_is_used_of_nothing_nor_after_the_end(void **state)
{
  struct http_chunked c = {0};
  struct span piece;
  const char *reason = NULL;
  (void)state;
  assert_int_equal(http_chunked_next(&c, "", 0, &piece, &reason), 0);
  assert_int_equal(piece.length, 0);
  assert_int_equal(http_chunked_next(&c, "0\r\n\r\nx", 6, &piece, &reason), 5);
  assert_true(c.done);
  assert_int_equal(http_chunked_next(&c, "x", 1, &piece, &reason), 0);
  assert_null(reason);
}

static void the_largest_chunk_of_all_is_begun(void **state)
{
  struct http_chunked c = {0};
  struct span piece;
  const char *reason = NULL;
  (void)state;
  assert_int_equal(http_chunked_next(&c, "ffffffffffffffff\r\nab", 20, &piece, &reason), 20);
  assert_int_equal(piece.length, 2);
  assert_int_equal(c.left, UINT64_MAX - 2);
}

/* `before`, so many x, `after`; decoded in pieces of `step`. */
static void decode_long(struct decoded *d, const char *before, size_t n, const char *after,
                        size_t step)
{
  static char text[64 * 1024];
  size_t at = (size_t)sprintf(text, "%s", before);
  memset(text + at, 'x', n);
  strcpy(text + at + n, after);
  decode(d, text, strlen(text), step);
}

static void the_lines_around_the_chunks_have_a_limit(void **state)
{
  static const size_t line = HTTP_LONGEST_CHUNK_LINE, trailers = HTTP_LONGEST_TRAILERS;
  static struct decoded d;
  (void)state;
  for (size_t i = 0; i < LENGTH(steps); i++) {
    decode_long(&d, "1;", line - 4, "\r\na\r\n0\r\n\r\n", steps[i]);
    assert_true(d.done);
    decode_long(&d, "1;", line - 3, "\r\na\r\n0\r\n\r\n", steps[i]);
    assert_string_equal(d.reason, "the line of a chunk's size is too long");
    decode_long(&d, "1;x\r\na\r\n1;", line - 4, "\r\na\r\n0\r\n\r\n", steps[i]);
    assert_true(d.done);
    decode_long(&d, "0\r\nA:", trailers - 6, "\r\n\r\n", steps[i]);
    assert_true(d.done);
    decode_long(&d, "0\r\nA:", trailers - 5, "\r\n\r\n", steps[i]);
    assert_string_equal(d.reason, "the trailers are too long");
    decode_long(&d, "0\r\nA: b\r\nC:", trailers - 11, "\r\n\r\n", steps[i]);
    assert_string_equal(d.reason, "the trailers are too long");
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_body_is_put_together_again),
      TEST(every_malformed_body_is_refused_where_it_is),
      TEST(a_client_takes_any_extension_in_its_line),
      TEST(NUL_is_part_of_a_body_and_of_nothing_else),
      TEST(a_body_that_is_cut_is_not_done),
      TEST(nothing_is_used_of_nothing_nor_after_the_end),
      TEST(the_largest_chunk_of_all_is_begun),
      TEST(the_lines_around_the_chunks_have_a_limit),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
