/* What the name of a file says of its bytes. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/name_coding.h"

static bool says(const char *name, const char *coding)
{
  return name_has_coding(span_of(name), span_of(coding));
}

static void a_name_says_its_coding(void **state)
{
  (void)state;
  assert_true(says("a.gz", "gzip"));
  assert_true(says("/some/where/a.tar.gz", "x-gzip"));
  assert_true(says("A.TGZ", "GZIP"));
  assert_true(says("logo.svgz", "gzip"));
  assert_true(says("a.Z", "compress"));
  assert_true(says("a.Z", "X-Compress"));
  assert_true(says("a.br", "br"));
  assert_true(says("a.zst", "zstd"));
  assert_true(says("a.bz2", "x-bzip2"));
}

static void any_other_coding_is_none_of_its(void **state)
{
  (void)state;
  assert_false(says("a.gz", "br"));
  assert_false(says("a.br", "gzip"));
  assert_false(says("a.gz", "gzip, gzip"));
  assert_false(says("a.gz", "x-"));
  assert_false(says("a.gz", ""));
  assert_false(says("agz", "gzip"));
  assert_false(says(".gz", "gzip"));
  assert_false(says("", "gzip"));
  assert_false(says("a.gz.txt", "gzip"));
}

static void a_name_says_any_or_none(void **state)
{
  (void)state;
  assert_true(name_is_coded(span_of("a.zst")));
  assert_true(name_is_coded(span_of("a.xz")));
  assert_false(name_is_coded(span_of("a.tar")));
  assert_false(name_is_coded((struct span){0}));
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_name_says_its_coding),
      TEST(any_other_coding_is_none_of_its),
      TEST(a_name_says_any_or_none),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
