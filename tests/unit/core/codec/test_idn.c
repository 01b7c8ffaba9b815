/* Names of hosts that are not ASCII, and that the library for them waits until there is one. */
#include "tests/unit/lib/harness.h"

#include "core/codec/idn.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* Whether a library of that name is in the process. */
static bool is_loaded(const char *name)
{
  char line[1024];
  bool found = false;
  FILE *maps = fopen("/proc/self/maps", "re");
  assert_non_null(maps);
  while (fgets(line, sizeof line, maps))
    found = found || strstr(line, name);
  fclose(maps);
  return found;
}

/* The first of the tests. */
static void the_library_is_opened_when_there_is_need_of_it(void **state)
{
  char *ascii;
  (void)state;
  assert_false(idn_is_needed("www.example"));
  assert_true(idn_is_needed("b\u00fccher.example"));
  assert_false(is_loaded("libidn2"));
  assert_int_equal(idn_to_ascii("b\u00fccher.example", &ascii, NULL), 0);
  assert_true(is_loaded("libidn2"));
  free(ascii);
}

static void any_byte_that_is_not_ascii_is_told(void **state)
{
  (void)state;
  assert_false(idn_is_needed(""));
  assert_false(idn_is_needed("xn--bcher-kva.example"));
  assert_false(idn_is_needed("\x01\x7f"));
  assert_true(idn_is_needed("\x80"));
  assert_true(idn_is_needed("a\xff"));
}

static void a_host_becomes_its_a_labels(void **state)
{
  static const struct {
    const char *host, *ascii;
  } rows[] = {
      {"b\u00fccher.example", "xn--bcher-kva.example"},
      {"B\u00dcCHER.Example", "xn--bcher-kva.example"},
      {"bu\u0308cher.example", "xn--bcher-kva.example"},     /* composed first */
      {"b\u00fccher\u3002example", "xn--bcher-kva.example"}, /* the full stop of Chinese */
      {"b\u00fccher.example.", "xn--bcher-kva.example."},    /* the root's dot stays */
      {"a_b.b\u00fccher.example", "a_b.xn--bcher-kva.example"},
      {"stra\u00dfe.example", "xn--strae-oqa.example"}, /* and not strasse */
      {"\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"},
      {"\uff11\uff12\uff17.0.0.1", "127.0.0.1"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    char *ascii = NULL;
    if (idn_to_ascii(rows[i].host, &ascii, &e) < 0)
      fail_msg("row %zu: %s", i, e.text);
    assert_string_equal(ascii, rows[i].ascii);
    free(ascii);
  }
}

static void what_is_no_host_is_refused_with_the_reason(void **state)
{
  static const char none[] = "it has a character that no host has";
  static const struct {
    const char *host, *shown, *why;
  } rows[] = {
      {"a\xff", "a\\xff", "string encoding error"},
      {"\u2603.example", "\u2603.example", "string contains a disallowed character"},
      {"-\u00fc.example", "-\u00fc.example", "string start/ends with forbidden hyphen"},
      {"\u05d0a.example", "\u05d0a.example", "string has forbidden bi-directional properties"},
      /* These become a slash, an at sign, a colon, a space, and nothing. */
      {"a\uff0fb.example", "a\uff0fb.example", none},
      {"\u2100.example", "\u2100.example", none},
      {"a\uff20b.example", "a\uff20b.example", none},
      {"a\uff1a80", "a\uff1a80", none},
      {"\u00fc.a b", "\u00fc.a b", none},
      {"\u00ad", "\u00ad", none},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    char *ascii = NULL, want[512];
    assert_int_equal(idn_to_ascii(rows[i].host, &ascii, &e), UV_EINVAL);
    assert_null(ascii);
    assert_int_equal(e.code, UV_EINVAL);
    snprintf(want, sizeof want, "host %s: %s", rows[i].shown, rows[i].why);
    assert_string_equal(e.text, want);
  }
}

static void a_host_that_is_too_long_is_shown_in_part_and_the_reason_in_whole(void **state)
{
  char host[1024], shown[256];
  struct error e = {0};
  char *ascii = NULL;
  (void)state;
  for (size_t odd = 0; odd < 2; odd++) {
    host[0] = 'a';
    for (size_t i = odd; i + 2 < sizeof host; i += 2)
      memcpy(host + i, "\u00fc", 3);
    assert_int_equal(idn_to_ascii(host, &ascii, &e), UV_EINVAL);
    snprintf(shown, sizeof shown, "host %.*s...: ", (int)(120 - odd), host);
    assert_memory_equal(e.text, shown, strlen(shown));
    assert_true(strlen(e.text) > strlen(shown));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(the_library_is_opened_when_there_is_need_of_it),
      TEST(any_byte_that_is_not_ascii_is_told),
      TEST(a_host_becomes_its_a_labels),
      TEST(what_is_no_host_is_refused_with_the_reason),
      TEST(a_host_that_is_too_long_is_shown_in_part_and_the_reason_in_whole),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
