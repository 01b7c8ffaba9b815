/* Check sums of bytes, however they are cut. */
#include "tests/unit/lib/harness.h"

#include "core/crypto/digest.h"

#include <uv.h>

/* The sum of `n` bytes given in pieces of at most `step`. */
static void sum(const char *name, const char *data, size_t n, size_t step,
                char hex[2 * DIGEST_LONGEST + 1])
{
  struct error e = {0};
  struct digest *d = digest_new(span_of(name), &e);
  if (!d)
    fail_msg("%s", e.text);
  for (size_t done = 0; done < n;) {
    size_t given = n - done < step ? n - done : step;
    assert_int_equal(digest_update(d, data + done, given), 0);
    done += given;
  }
  assert_int_equal(digest_finish(d, hex), 0);
  digest_free(d);
}

/* Those of "abc" are in FIPS 180-4's examples and RFC 1321 A.5; those of nothing too. */
static void sums_are_those_of_the_standards(void **state)
{
  static const struct {
    const char *name, *data, *hex;
  } rows[] = {
      {"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"SHA256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"Sha512", "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {"md5", "", "d41d8cd98f00b204e9800998ecf8427e"},
      {"md5", "abc", "900150983cd24fb0d6963f7d28e17f72"},
  };
  char hex[2 * DIGEST_LONGEST + 1];
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    for (size_t step = 1; step <= 3; step++) {
      sum(rows[i].name, rows[i].data, strlen(rows[i].data), step, hex);
      assert_string_equal(hex, rows[i].hex);
    }
    assert_int_equal(strlen(hex), 2 * digest_length(span_of(rows[i].name)));
  }
}

/* A million of the letter a, also of FIPS 180-4's examples. */
static void a_sum_does_not_depend_on_how_the_bytes_are_cut(void **state)
{
  static char data[1000000];
  static const size_t steps[] = {1000000, 1000, 127, 64, 63};
  char hex[2 * DIGEST_LONGEST + 1];
  (void)state;
  memset(data, 'a', sizeof data);
  for (size_t i = 0; i < LENGTH(steps); i++) {
    sum("sha256", data, sizeof data, steps[i], hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

static void two_sums_at_a_time_do_not_mix(void **state)
{
  struct digest *a = digest_new(span_of("md5"), NULL), *b = digest_new(span_of("sha1"), NULL);
  char hex[2 * DIGEST_LONGEST + 1];
  (void)state;
  assert_non_null(a);
  assert_non_null(b);
  assert_int_equal(digest_update(a, "ab", 2), 0);
  assert_int_equal(digest_update(b, "a", 1), 0);
  assert_int_equal(digest_update(a, "c", 1), 0);
  assert_int_equal(digest_update(b, "bc", 2), 0);
  assert_int_equal(digest_finish(b, hex), 0);
  assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert_int_equal(digest_finish(a, hex), 0);
  assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
  digest_free(a);
  digest_free(b);
}

static void one_may_be_given_up(void **state)
{
  struct digest *d = digest_new(span_of("sha512"), NULL);
  (void)state;
  assert_non_null(d);
  assert_int_equal(digest_update(d, "x", 1), 0);
  digest_free(d);
  digest_free(NULL);
}

static void other_names_are_refused(void **state)
{
  static const char *const names[] = {"",         "sha",    "sha25",   "sha2566", "sha-256",
                                      "sha3-256", "md5sum", " sha256", "sha256\n"};
  (void)state;
  for (size_t i = 0; i < LENGTH(names); i++) {
    struct error e = {0};
    assert_int_equal(digest_length(span_of(names[i])), 0);
    assert_null(digest_new(span_of(names[i]), &e));
    assert_int_equal(e.code, UV_EINVAL);
  }
  struct error e = {0};
  /* A span, that is: what follows it does not count. */
  assert_int_equal(digest_length((struct span){"sha1:da39", 4}), 20);
  assert_null(digest_new((struct span){"crc32:0", 5}, &e));
  assert_string_equal(e.text, "no check sum is called crc32");
}

static void the_sum_of_nothing_is_one_and_a_long_name_is_cut(void **state)
{
  struct error e = {0};
  char hex[2 * DIGEST_LONGEST + 1];
  (void)state;
  struct digest *d = digest_new(span_of("md5"), &e);
  assert_non_null(d);
  assert_int_equal(digest_finish(d, hex), 0);
  assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
  digest_free(d);
  digest_free(NULL);
  assert_null(digest_new(span_of("a name that is much longer than any that there is"), &e));
  assert_string_equal(e.text, "no check sum is called a name that is much longer than ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(sums_are_those_of_the_standards), TEST(a_sum_does_not_depend_on_how_the_bytes_are_cut),
      TEST(two_sums_at_a_time_do_not_mix),   TEST(one_may_be_given_up),
      TEST(other_names_are_refused),         TEST(the_sum_of_nothing_is_one_and_a_long_name_is_cut),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
