/* Base64, which is read strictly. */
#include "tests/unit/lib/harness.h"

#include "core/codec/base64.h"

/* RFC 4648 10. */
static const struct {
  const char *plain, *coded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void assert_encodes(const void *data, size_t n, const char *coded)
{
  struct buffer out = {0};
  buffer_append(&out, "> ", 2); /* it appends */
  assert_int_equal(base64_encode(&out, data, n), 0);
  assert_int_equal(out.length, 2 + strlen(coded));
  assert_memory_equal(buffer_data(&out) + 2, coded, strlen(coded));
  buffer_release(&out);
}

static void the_vectors_of_the_standard_are_encoded(void **state)
{
  (void)state;
  for (size_t i = 0; i < LENGTH(vectors); i++)
    assert_encodes(vectors[i].plain, strlen(vectors[i].plain), vectors[i].coded);
}

static void the_vectors_of_the_standard_are_decoded(void **state)
{
  (void)state;
  for (size_t i = 0; i < LENGTH(vectors); i++) {
    size_t n = strlen(vectors[i].plain);
    char out[16];
    assert_int_equal(base64_decode(out, n, span_of(vectors[i].coded)), n);
    assert_memory_equal(out, vectors[i].plain, n);
  }
}

/* Every character of the alphabet in its turn. */
static void bytes_of_all_values_are_coded(void **state)
{
  static const uint8_t all[] = {0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30,
                                0xd3, 0x8f, 0x41, 0x14, 0x93, 0x51, 0x55, 0x97, 0x61, 0x96,
                                0x9b, 0x71, 0xd7, 0x9f, 0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7,
                                0xa2, 0x9a, 0xab, 0xb2, 0xdb, 0xaf, 0xc3, 0x1c, 0xb3, 0xd3,
                                0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf};
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint8_t out[sizeof all];
  (void)state;
  assert_encodes(all, sizeof all, alphabet);
  assert_encodes("\xff\xff", 2, "//8=");
  assert_int_equal(base64_decode(out, sizeof out, span_of(alphabet)), sizeof all);
  assert_memory_equal(out, all, sizeof all);
}

static void what_is_malformed_is_none(void **state)
{
  static const char *const rows[] = {
      "Z",        "Zg",         "Zg=",
      "Zg===",    "Zm9",        "Zm9vYg", /* padding is missing */
      "=",        "==",         "====",
      "Z===",     "=Zm9",       "Zg==Zg==", /* or misplaced */
      "Zm9v====", "Zm=v",       "Z=9v",
      "Zm8=Zm9v", "Zh==",       "Zm9=", /* bits are left over */
      "Zm9v\n",   "Zm9v\r\n",   "Zm 9",
      " Zm9",     "Zm9vYg= ",   "Zm-_", /* base64url's */
      "Zm9.",     "Zm\xc3\xa9", "\xff\xff\xff\xff",
  };
  char out[64];
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    if (base64_decode(out, sizeof out, span_of(rows[i])) != -1)
      fail_msg("'%s'", rows[i]);
  assert_int_equal(base64_decode(out, sizeof out, (struct span){"Zm\0v", 4}), -1);
}

static void what_is_longer_than_its_place_is_refused(void **state)
{
  char out[4] = "xxx";
  (void)state;
  assert_int_equal(base64_decode(out, 2, span_of("Zm9v")), -1);
  assert_int_equal(base64_decode(out, 1, span_of("Zm8=")), -1);
  assert_int_equal(base64_decode(out, 0, span_of("Zg==")), -1);
  assert_int_equal(base64_decode(out, 3, span_of("Zm9vYg==")), -1);
  assert_int_equal(base64_decode(out, 2, span_of("Zm8=")), 2);
  assert_string_equal(out, "fox"); /* and nothing behind it is touched */
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_vectors_of_the_standard_are_encoded),
      TEST(the_vectors_of_the_standard_are_decoded),
      TEST(bytes_of_all_values_are_coded),
      TEST(what_is_malformed_is_none),
      TEST(what_is_longer_than_its_place_is_refused),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
