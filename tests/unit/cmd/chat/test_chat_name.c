/* Names of members and rooms. */
#include "tests/unit/lib/harness.h"

#include "cmd/chat/name.h"
#include "core/base/utf8.h"

static bool is_name(const char *s)
{
  return name_is_valid(span_of(s));
}

/* `n` times a character. */
static const char *times(size_t n, const char *character)
{
  static char text[512];
  text[0] = '\0';
  for (size_t i = 0; i < n; i++)
    strcat(text, character);
  return text;
}

static void visible_characters_are_a_name(void **state)
{
  static const char *const names[] = {
      "x",
      "Ada",
      "a-b_c.d",
      "~!@#$%^&*()",
      "\"",
      "\\",
      "42",
      "/me",
      "J\u00fcrgen",
      "\u0416\u0435\u043d\u044f",
      "\u5c0f\u660e",
      "\U0001f600",
      "e\u0301", /* of two characters, both seen */
      "\u00a1",
      "\u00ac",
      "\u00ae", /* beside those that are not */
      "\u2010",
      "\u2027",
      "\u2030",
      "\u205e",
      "\u2070",
      "\u3001",
      "\u3163",
      "\u3165",
      "\ufe10",
      "\ufefe",
      "\uff9f",
      "\uffa1",
      "\uffef",
      "\ufffc",
      "\U0001bca4",
      "\U0001d172",
      "\U000dffff",
      "\U000e1000",
      "\U0010ffff",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(names); i++)
    if (!is_name(names[i]))
      fail_msg("%s", names[i]);
}

static void a_name_has_1_to_32_characters_of_whatever_length(void **state)
{
  static const char *const characters[] = {"x", "\u00fc", "\u5c0f", "\U0001f600"};
  (void)state;
  assert_false(is_name(""));
  assert_false(name_is_valid((struct span){NULL, 0}));
  for (size_t i = 0; i < LENGTH(characters); i++) {
    assert_true(is_name(times(1, characters[i])));
    assert_true(is_name(times(32, characters[i])));
    assert_false(is_name(times(33, characters[i])));
    assert_false(is_name(times(100, characters[i])));
  }
}

/* One of them anywhere in it is enough. */
static void assert_unseen(uint32_t first, uint32_t last)
{
  for (uint32_t c = first; c <= last; c++) {
    char character[5] = {0}, inside[8] = "a";
    utf8_encode(character, c);
    strcat(strcat(inside, character), "b");
    if (is_name(character) || is_name(inside) || is_name(inside + 1))
      fail_msg("U+%04X", (unsigned)c);
  }
}

static void white_space_of_all_kinds_is_in_no_name(void **state)
{
  (void)state; /* Unicode 15, PropList, White_Space */
  assert_unseen(0x09, 0x0d);
  assert_unseen(0x20, 0x20);
  assert_unseen(0x85, 0x85);
  assert_unseen(0xa0, 0xa0);
  assert_unseen(0x1680, 0x1680);
  assert_unseen(0x2000, 0x200a);
  assert_unseen(0x2028, 0x2029);
  assert_unseen(0x202f, 0x202f);
  assert_unseen(0x205f, 0x205f);
  assert_unseen(0x3000, 0x3000);
}

static void what_nobody_sees_is_in_no_name(void **state)
{
  (void)state; /* Unicode 15, DerivedCoreProperties, Default_Ignorable_Code_Point */
  assert_unseen(0xad, 0xad);
  assert_unseen(0x34f, 0x34f);
  assert_unseen(0x61c, 0x61c);
  assert_unseen(0x115f, 0x1160);
  assert_unseen(0x17b4, 0x17b5);
  assert_unseen(0x180b, 0x180f);
  assert_unseen(0x200b, 0x200f);
  assert_unseen(0x202a, 0x202e);
  assert_unseen(0x2060, 0x206f);
  assert_unseen(0x3164, 0x3164);
  assert_unseen(0xfe00, 0xfe0f);
  assert_unseen(0xfeff, 0xfeff);
  assert_unseen(0xffa0, 0xffa0);
  assert_unseen(0xfff0, 0xfff8);
  assert_unseen(0x1bca0, 0x1bca3);
  assert_unseen(0x1d173, 0x1d17a);
  assert_unseen(0xe0000, 0xe0fff);
}

static void what_is_ill_formed_is_no_name(void **state)
{
  static const char *const rows[] = {
      "\xff",
      "\x80",
      "a\xc3",
      "\xc3(",
      "\xe5\xb0",
      "\xf0\x9f\x98",
      "\xc1\xa1",
      "\xe0\x81\xa1",     /* overlong */
      "\xed\xa0\x80",     /* a surrogate */
      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
      "good\xff",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    if (is_name(rows[i]))
      fail_msg("row %zu", i);
}

static void assert_folds(const char *name, const char *want, locale_t locale)
{
  char key[NAME_SIZE];
  memset(key, 'x', sizeof key);
  assert_true(name_fold(key, span_of(name), locale));
  assert_string_equal(key, want);
}

static void letters_of_ASCII_become_small(void **state)
{
  (void)state;
  assert_folds("Ada", "ada", 0);
  assert_folds("@AZ[`az{", "@az[`az{", 0); /* and nothing beside them */
  assert_folds("J\u00dcRGEN", "j\u00dcrgen", 0);
}

static void letters_of_a_locale_become_small(void **state)
{
  static const struct {
    const char *name, *key;
  } rows[] = {
      {"J\u00dcRGEN", "j\u00fcrgen"},
      {"\u0416\u0415\u041d\u042f", "\u0436\u0435\u043d\u044f"},
      {"\u0391\u03a9", "\u03b1\u03c9"},
      {"I", "i"}, /* whatever Turkish thinks */
      {"\u5c0f\u660e", "\u5c0f\u660e"},
      {"\U0001f600", "\U0001f600"},
      {"\u023a", "\u2c65"}, /* which becomes longer */
      {"\u212a", "k"},      /* and shorter: the sign of the kelvin */
      {"\U00010400", "\U00010428"},
  };
  locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
  (void)state;
  if (!locale)
    skip(); /* a machine without it */
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_folds(rows[i].name, rows[i].key, locale);
  freelocale(locale);
}

static void the_longest_name_has_a_key(void **state)
{
  char name[NAME_SIZE];
  (void)state;
  strcpy(name, times(NAME_MOST_CHARACTERS, "\U0001f600"));
  assert_folds(name, name, 0);
  strcpy(name, times(NAME_MOST_CHARACTERS, "X"));
  assert_folds(name, times(NAME_MOST_CHARACTERS, "x"), 0);
}

static void a_text_that_is_no_name_has_no_key(void **state)
{
  static const char *const texts[] = {"", "AB\xff", "a b", "\u200b"};
  char key[NAME_SIZE];
  (void)state;
  for (size_t i = 0; i < LENGTH(texts); i++) {
    memset(key, 'x', sizeof key);
    assert_false(name_fold(key, span_of(texts[i]), 0));
    assert_string_equal(key, "");
  }
  /* One character too many: it must not become the key of the name in front of it. */
  assert_false(name_fold(key, span_of(times(NAME_MOST_CHARACTERS + 1, "\U0001f600")), 0));
  assert_string_equal(key, "");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(visible_characters_are_a_name),
      TEST(a_name_has_1_to_32_characters_of_whatever_length),
      TEST(white_space_of_all_kinds_is_in_no_name),
      TEST(what_nobody_sees_is_in_no_name),
      TEST(what_is_ill_formed_is_no_name),
      TEST(letters_of_ASCII_become_small),
      TEST(letters_of_a_locale_become_small),
      TEST(the_longest_name_has_a_key),
      TEST(a_text_that_is_no_name_has_no_key),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
