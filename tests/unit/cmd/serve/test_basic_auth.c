/* A user and a password: read from a file or a variable, and asked for by HTTP's Basic scheme. */
#include "tests/unit/lib/harness.h"

#include "cmd/serve/basic_auth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static const char folder_template[] = "/tmp/anet_test_auth.XXXXXX";

/* "alice:" and the path of a file with these bytes; release_file removes it. */
static char *spec_of_file(const void *bytes, size_t n)
{
  char path[sizeof folder_template];
  char *spec;
  strcpy(path, folder_template);
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, n), n);
  close(fd);
  assert_true(asprintf(&spec, "alice:%s", path) > 0);
  return spec;
}

static void release_file(char *spec)
{
  unlink(strchr(spec, ':') + 1);
  free(spec);
}

static void assert_text(const struct basic_auth_text *t, const char *want)
{
  assert_int_equal(t->length, strlen(want));
  assert_memory_equal(t->bytes, want, t->length);
}

/* Loading. */

static void the_first_line_of_a_file_is_the_password(void **state)
{
  static const struct {
    const char *bytes, *password;
  } rows[] = {
      {"secret", "secret"},
      {"secret\n", "secret"},
      {"secret\r\n", "secret"},
      {"secret\nof more lines\n", "secret"},
      {" with spaces \t\n", " with spaces \t"},
      {"a:b\n", "a:b"},
      {"\r\r\n", "\r"},
      {"gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct basic_auth a;
    struct error e;
    char *spec = spec_of_file(rows[i].bytes, strlen(rows[i].bytes));
    if (basic_auth_load(&a, spec, &e))
      fail_msg("%s", e.text);
    assert_text(&a.user, "alice");
    assert_text(&a.password, rows[i].password);
    basic_auth_release(&a);
    release_file(spec);
  }
}

static void a_password_may_come_through_a_pipe_in_pieces(void **state)
{
  struct basic_auth a;
  char spec[64];
  int ends[2];
  (void)state;
  assert_int_equal(pipe(ends), 0);
  put(ends[1], "sec");
  put(ends[1], "ret\nmore");
  snprintf(spec, sizeof spec, "bob:/dev/fd/%d", ends[0]);
  assert_int_equal(basic_auth_load(&a, spec, NULL), 0); /* though the pipe is still open */
  assert_text(&a.password, "secret");
  basic_auth_release(&a);
  close(ends[0]);
  close(ends[1]);
}

static void a_variable_is_read_and_then_gone(void **state)
{
  static char variable[] = "ANET_TEST_PASSWORD=secret";
  struct basic_auth a;
  (void)state;
  putenv(variable);
  assert_int_equal(basic_auth_load(&a, "al ice:ANET_TEST_PASSWORD", NULL), 0);
  assert_text(&a.user, "al ice");
  assert_text(&a.password, "secret");
  assert_null(getenv("ANET_TEST_PASSWORD"));
  assert_null(strstr(variable, "secret"));
  basic_auth_release(&a);
}

static void what_is_released_is_wiped(void **state)
{
  static const struct basic_auth nothing;
  struct basic_auth a;
  (void)state;
  setenv("ANET_TEST_PASSWORD", "secret", 1);
  assert_int_equal(basic_auth_load(&a, "alice:ANET_TEST_PASSWORD", NULL), 0);
  basic_auth_release(&a);
  assert_memory_equal(&a, &nothing, sizeof a);
}

static void what_is_wrong_is_said(void **state)
{
  static const struct {
    const char *spec;
    int code;
    const char *text;
  } rows[] = {
      {"alice", UV_EINVAL, "'alice': expected USER:WHERE, a variable or a file"},
      {"", UV_EINVAL, "'': expected USER:WHERE, a variable or a file"},
      {":PASSWORD", UV_EINVAL, "the user is empty"},
      {"alice:", UV_EINVAL, "'alice:': expected a variable or a file after the colon"},
      {"alice:NO_SUCH", UV_ENOENT, "no environment variable NO_SUCH (for a file, write ./NO_SUCH)"},
      {"alice:/no/such", UV_ENOENT, "read /no/such: no such file or directory"},
      {"alice:/", UV_EISDIR, "read /: illegal operation on a directory"},
      {"alice:/dev/null", UV_EINVAL, "the password is empty"},
      {"alice:ANET_TEST_EMPTY", UV_EINVAL, "the password is empty"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct basic_auth a;
    struct error e;
    setenv("ANET_TEST_EMPTY", "", 1);
    assert_int_equal(basic_auth_load(&a, rows[i].spec, &e), rows[i].code);
    assert_string_equal(e.text, rows[i].text);
  }
}

static void what_is_too_long_is_refused(void **state)
{
  char bytes[BASIC_AUTH_LONGEST + 3], user[BASIC_AUTH_LONGEST + 32];
  struct basic_auth a;
  struct error e;
  (void)state;
  for (size_t n = BASIC_AUTH_LONGEST; n <= BASIC_AUTH_LONGEST + 1; n++) {
    memset(bytes, 'p', n);
    bytes[n] = '\r';
    bytes[n + 1] = '\n';
    char *spec = spec_of_file(bytes, n + 2);
    assert_int_equal(basic_auth_load(&a, spec, &e), n > BASIC_AUTH_LONGEST ? UV_EINVAL : 0);
    if (n > BASIC_AUTH_LONGEST)
      assert_string_equal(e.text, "the password is longer than 255 bytes");
    basic_auth_release(&a);
    release_file(spec);

    memset(user, 'u', n);
    strcpy(user + n, ":ANET_TEST_PASSWORD");
    setenv("ANET_TEST_PASSWORD", "secret", 1);
    assert_int_equal(basic_auth_load(&a, user, &e), n > BASIC_AUTH_LONGEST ? UV_EINVAL : 0);
    basic_auth_release(&a);
  }
}

static void a_file_that_may_not_be_read_is_named(void **state)
{
  struct basic_auth a;
  struct error e;
  (void)state;
  char *spec = spec_of_file("secret", 6);
  chmod(strchr(spec, ':') + 1, 0);
  bool reads_all = access(strchr(spec, ':') + 1, R_OK) == 0;
  if (!reads_all) {
    assert_int_equal(basic_auth_load(&a, spec, &e), UV_EACCES);
    assert_non_null(strstr(e.text, ": permission denied"));
  }
  release_file(spec);
  if (reads_all) /* root does */
    skip();
}

/* Allowing. */

static struct basic_auth auth_of(const char *user, const void *password, size_t n)
{
  struct basic_auth a = {0};
  a.user.length = (uint8_t)strlen(user);
  memcpy(a.user.bytes, user, strlen(user));
  a.password.length = (uint8_t)n;
  memcpy(a.password.bytes, password, n);
  return a;
}

static void only_the_user_with_the_password_is_allowed(void **state)
{
  static const struct {
    const char *user, *password, *value;
    bool allowed;
  } rows[] = {
      /* RFC 7617 2 and 2.1 */
      {"Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true},
      {"test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==", true},
      /* the scheme has no case (RFC 9110 11.1); after it come spaces, one at least */
      {"test", "123\xc2\xa3", "bAsIC dGVzdDoxMjPCow==", true},
      {"test", "123\xc2\xa3", "Basic   dGVzdDoxMjPCow==", true},
      {"test", "123\xc2\xa3", "BasicdGVzdDoxMjPCow==", false},
      {"test", "123\xc2\xa3", "Basic\tdGVzdDoxMjPCow==", false},
      {"test", "123\xc2\xa3", "Basics dGVzdDoxMjPCow==", false},
      {"test", "123\xc2\xa3", "Bearer dGVzdDoxMjPCow==", false},
      {"test", "123\xc2\xa3", "dGVzdDoxMjPCow==", false},
      {"test", "123\xc2\xa3", "Basic", false},
      {"test", "123\xc2\xa3", "Basic ", false},
      {"test", "123\xc2\xa3", "", false},
      /* a:b with the other lengths of padding; a password may hold colons */
      {"a", "b", "Basic YTpi", true},
      {"a", "bc", "Basic YTpiYw==", true},
      {"a", "bcd", "Basic YTpiY2Q=", true},
      {"a", "b:c", "Basic YTpiOmM=", true},
      {"a", "~~?", "Basic YTp+fj8=", true}, /* + and / : the plain alphabet, not the one of URLs */
      {"a", "~~?", "Basic YTp-fj8=", false},
      /* what differs: user, password, their lengths, the letters' case, where the colon is */
      {"b", "b", "Basic YTpi", false},
      {"a", "c", "Basic YTpi", false},
      {"a", "bc", "Basic YTpi", false},
      {"a", "b", "Basic YTpiYw==", false},
      {"A", "b", "Basic YTpi", false},
      {"a:b", "c", "Basic YTpiOmM=", false},
      {"a", "b", "Basic YWI=", false}, /* ab */
      {"a", "b", "Basic YTo=", false}, /* a: */
      {"a", "b", "Basic OmI=", false}, /* :b */
      {"a", "b", "Basic Og==", false}, /* : */
      /* base64 that is none (RFC 4648 3.2 to 3.5) */
      {"a", "b", "Basic YTpi ", false},
      {"a", "b", "Basic YTp i", false},
      {"a", "b", "Basic YTpi=", false},
      {"a", "b", "Basic YTpi====", false},
      {"a", "b", "Basic ====", false},
      {"a", "b", "Basic Y===", false},
      {"a", "b", "Basic YTpi\n", false},
      {"a", "b", "Basic YTp\xe9", false},
      {"a", "b", "Basic YTpi,YTpi", false},
      {"a", "bc", "Basic YTpiYw", false},
      {"a", "bc", "Basic YTpiYw=", false},
      {"a", "bc", "Basic YTpiYx==", false}, /* a bit in the padding */
      {"a", "bcd", "Basic YTpiY2R=", false},
      {"a", "bc", "Basic YT=iYw==", false},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct basic_auth a = auth_of(rows[i].user, rows[i].password, strlen(rows[i].password));
    if (basic_auth_allows(&a, span_of(rows[i].value)) != rows[i].allowed)
      fail_msg("row %zu: %s:%s with '%s'", i, rows[i].user, rows[i].password, rows[i].value);
  }
}

/* "Basic " and base64 of `n` bytes, n a multiple of three. */
static size_t encode(char *out, const uint8_t *bytes, size_t n)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *end = stpcpy(out, "Basic ");
  for (size_t i = 0; i < n; i += 3) {
    unsigned bits = (unsigned)bytes[i] << 16 | (unsigned)bytes[i + 1] << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6)
      *end++ = alphabet[bits >> shift & 0x3f];
  }
  *end = '\0';
  return (size_t)(end - out);
}

static void every_byte_counts_in_the_longest(void **state)
{
  uint8_t pair[3 + BASIC_AUTH_LONGEST]; /* uu: and the longest password: a multiple of three */
  char value[1024];
  (void)state;
  memset(pair, 'u', 2);
  pair[2] = ':';
  for (size_t i = 3; i < sizeof pair; i++)
    pair[i] = (uint8_t)(i * 7);
  struct basic_auth a = auth_of("uu", pair + 3, BASIC_AUTH_LONGEST);
  assert_true(basic_auth_allows(&a, (struct span){value, encode(value, pair, sizeof pair)}));
  for (size_t i = 0; i < sizeof pair; i++) {
    pair[i] ^= 0x40;
    assert_false(basic_auth_allows(&a, (struct span){value, encode(value, pair, sizeof pair)}));
    pair[i] ^= 0x40;
  }
}

static void what_is_longer_than_any_password_is_refused(void **state)
{
  static uint8_t pair[3 * 1000];
  static char value[5000];
  struct basic_auth a = auth_of("a", "b", 1);
  (void)state;
  memset(pair, 'b', sizeof pair);
  pair[0] = 'a';
  pair[1] = ':';
  for (size_t n = 258; n < sizeof pair; n += 3)
    assert_false(basic_auth_allows(&a, (struct span){value, encode(value, pair, n)}));
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_first_line_of_a_file_is_the_password),
      TEST(a_password_may_come_through_a_pipe_in_pieces),
      TEST(a_variable_is_read_and_then_gone),
      TEST(what_is_released_is_wiped),
      TEST(what_is_wrong_is_said),
      TEST(what_is_too_long_is_refused),
      TEST(a_file_that_may_not_be_read_is_named),
      TEST(only_the_user_with_the_password_is_allowed),
      TEST(every_byte_counts_in_the_longest),
      TEST(what_is_longer_than_any_password_is_refused),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
