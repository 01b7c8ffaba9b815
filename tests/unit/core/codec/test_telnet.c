/* What is left of a telnet client's bytes, however the stream is cut. */
#include "tests/unit/lib/harness.h"

#include "core/base/escape.h"
#include "core/codec/telnet.h"

enum { LONGEST = 2 * TELNET_LONGEST_PARAMETERS };

struct stream {
  const char *bytes;
  size_t n;
  const char *left;
  size_t n_left;
};

/* The next `n` bytes, as they come out of a copy with nothing behind it. Returns how many. */
static size_t feed(struct telnet_filter *f, const char *bytes, size_t n, char *left)
{
  char *copy = test_malloc(n + 1);
  memcpy(copy, bytes, n);
  copy[n] = '~';
  size_t made = telnet_filter(f, copy, n);
  assert_true(made <= n);
  assert_int_equal(copy[n], '~');
  memcpy(left, copy, made);
  test_free(copy);
  return made;
}

static void assert_left(const struct stream *s, const char *left, size_t n, size_t cut)
{
  if (n == s->n_left && memcmp(left, s->left, n) == 0)
    return;
  char in[4 * LONGEST + 1], out[4 * LONGEST + 1];
  escape_to(in, sizeof in, s->bytes, s->n);
  escape_to(out, sizeof out, left, n);
  fail_msg("%s, cut at %zu, leaves %s", in, cut, out);
}

/* Cut once at each byte, which is whole at the ends. */
static void assert_cut_in_two(const struct stream *s)
{
  for (size_t cut = 0; cut <= s->n; cut++) {
    struct telnet_filter f = {0};
    char left[LONGEST];
    size_t n = feed(&f, s->bytes, cut, left);
    n += feed(&f, s->bytes + cut, s->n - cut, left + n);
    assert_left(s, left, n, cut);
  }
}

static void assert_cut_everywhere(const struct stream *s)
{
  struct telnet_filter f = {0};
  char left[LONGEST];
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++)
    n += feed(&f, s->bytes + i, 1, left + n);
  assert_left(s, left, n, 1);
}

static void assert_streams(const struct stream *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    assert_true(rows[i].n <= LONGEST);
    assert_cut_in_two(&rows[i]);
    assert_cut_everywhere(&rows[i]);
  }
}

static void text_stays_as_it_is(void **state)
{
  static const struct stream rows[] = {
      {"", 0, "", 0},
      {"hello\n", 6, "hello\n", 6},
      {"hello\r\n", 7, "hello\r\n", 7},
      {"a\rb\r\r\n", 6, "a\rb\r\r\n", 6},
      {"a\0b", 3, "a\0b", 3},
      {"\0", 1, "\0", 1},
      {"\x1b[31m\x07\xfe\xf0\xfa", 8, "\x1b[31m\x07\xfe\xf0\xfa", 8}, /* no command without IAC */
      {"\xe4\xbd\xa0\xe5\xa5\xbd", 6, "\xe4\xbd\xa0\xe5\xa5\xbd", 6},
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

static void CR_NUL_ends_a_line(void **state)
{
  static const struct stream rows[] = {
      {"a\r\0b\r\0", 6, "a\r\nb\r\n", 6},
      {"\r\0\0", 3, "\r\n\0", 3},
      {"\r\r\0", 3, "\r\r\n", 3},
      {"\rx\0", 3, "\rx\0", 3},
      {"\r\n\0", 3, "\r\n\0", 3},
      {"\r\xff\xf1\0", 4, "\r\n", 2}, /* a command between the two is none of the text */
      {"\r\xff\xfb\x01\0", 5, "\r\n", 2},
      {"\r\xff\xfb\0\0", 5, "\r\n", 2},
      {"\r\xff\xff\0", 4, "\r\xff\0", 3},
      {"\xff\xfb\r\0", 4, "\0", 1}, /* that CR was an option */
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

static void commands_and_negotiation_are_swallowed(void **state)
{
  static const struct stream rows[] = {
      {"a\xff\xf1z", 4, "az", 2},         /* no operation */
      {"\xff\xf4\xff\xfd\x06", 5, "", 0}, /* Ctrl-C of most clients: IP, DO TIMING-MARK */
      {"\xff\xec\xff\xed\xff\xee\xff\xef\xff\xf0\xff\xf9", 12, "", 0},
      {"\xff\xfb\x01\xff\xfc\x03\xff\xfd\x18\xff\xfe\x1fhi", 14, "hi", 2},
      {"\xff\xfb\ny", 4, "y", 1},   /* an option may have any number: this is a newline's */
      {"\xff\xfd\xffy", 4, "y", 1}, /* and this IAC's (RFC 861) */
      {"\xff\xfb\xf0y", 4, "y", 1}, /* and this SE's */
      {"he\xff\xfb\x01llo", 8, "hello", 5},
      {"\xe4\xbd\xff\xf1\xa0", 5, "\xe4\xbd\xa0", 3}, /* within a character */
      {"hi\xff", 3, "hi", 2},                         /* the rest has not come */
      {"hi\xff\xfb", 4, "hi", 2},
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

static void two_IAC_are_the_byte_255(void **state)
{
  static const struct stream rows[] = {
      {"\xff\xff", 2, "\xff", 1},
      {"a\xff\xffz", 4, "a\xffz", 3},
      {"\xff\xff\xff\xff", 4, "\xff\xff", 2},
      {"\xff\xff\xff\xf1z", 5, "\xffz", 2},
      {"\xff\xff\xfb\x01", 4, "\xff\xfb\x01", 3}, /* no command behind it */
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

static void an_IAC_before_what_is_no_command_goes_alone(void **state)
{
  static const struct stream rows[] = {
      {"hi\xff\nthere", 9, "hi\nthere", 8}, /* the end of the line must not go with it */
      {"hi\xff\r\n", 5, "hi\r\n", 4},       {"hi\xff\r\0", 5, "hi\r\n", 4},
      {"\xff\xeb", 2, "\xeb", 1}, /* one below the lowest */
      {"\xff\x61\xff\x62", 4, "ab", 2},
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

static void the_parameters_of_an_option_are_swallowed(void **state)
{
  static const struct stream rows[] = {
      {"a\xff\xfa\x18\0xterm\xff\xf0z", 13, "az", 2},          /* RFC 1091 */
      {"a\xff\xfa\x1f\0\xff\xff\0\x18\xff\xf0z", 12, "az", 2}, /* a window of 255 columns */
      {"\xff\xfa\xff\xf0z", 5, "z", 1},
      {"\xff\xfa\x18\n\r\0\xf0\xff\xf0z", 10, "z", 1},
      {"\xff\xfa\x18\xff\xff\xf0\xff\xf0z", 9, "z", 1}, /* that SE was a parameter */
      {"\xff\xfa\x18\xff\xf1z", 6, "z", 1},             /* any command ends them */
      {"\xff\xfa\x18\xff\xfb\x01z", 7, "z", 1},
      {"\xff\xfa\x18\xff\xfa\x1f\xff\xf0z", 9, "z", 1}, /* also the next such */
      {"\xff\xfa\x18\xff\nz", 6, "\nz", 2},
      {"a\xff\xfa\x18oops", 8, "a", 1}, /* they have not ended yet */
  };
  (void)state;
  assert_streams(rows, LENGTH(rows));
}

/* IAC SB, so many x, `after`. */
static void assert_long(size_t n, const char *after, const char *left)
{
  char bytes[LONGEST] = "\xff\xfa";
  memset(bytes + 2, 'x', n);
  strcpy(bytes + 2 + n, after);
  const struct stream s = {bytes, 2 + n + strlen(after), left, strlen(left)};
  assert_streams(&s, 1);
}

static void what_is_longer_than_parameters_can_be_is_text(void **state)
{
  static const size_t most = TELNET_LONGEST_PARAMETERS;
  (void)state;
  assert_long(most - 1, "\xff\xff\xff\xf0z", "z");
  assert_long(most, "\xff\xf0z", "z");
  assert_long(most, "\xff\xf1z", "z");
  assert_long(most, "y\xff\xf0z", "yz");
  assert_long(most + 2, "\r\nsay hi\r\n", "xx\r\nsay hi\r\n");
  assert_long(most, "\xff\xff\xff\xf0z", "\xffz");
  assert_long(most - 1, "y\xff\xf0\xff\xfa\x18 again\xff\xf0z", "z"); /* each is counted anew */
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(text_stays_as_it_is),
      TEST(CR_NUL_ends_a_line),
      TEST(commands_and_negotiation_are_swallowed),
      TEST(two_IAC_are_the_byte_255),
      TEST(an_IAC_before_what_is_no_command_goes_alone),
      TEST(the_parameters_of_an_option_are_swallowed),
      TEST(what_is_longer_than_parameters_can_be_is_text),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
