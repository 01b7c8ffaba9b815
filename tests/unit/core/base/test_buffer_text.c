/* Buffers, text made fit to show, errors and log lines. */
#include "tests/unit/lib/harness.h"

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Buffers. */

static void assert_holds(const struct buffer *b, const char *text)
{
  assert_int_equal(b->length, strlen(text));
  assert_memory_equal(buffer_data(b), text, b->length);
}

static void a_buffer_gives_back_what_was_put_in(void **state)
{
  struct buffer b = {0};
  (void)state;
  assert_int_equal(buffer_append(&b, "hello ", 6), 0);
  assert_int_equal(buffer_append(&b, "", 0), 0);
  assert_int_equal(buffer_printf(&b, "%s %d", "world", 42), 0);
  assert_holds(&b, "hello world 42");
  buffer_consume(&b, 6);
  assert_holds(&b, "world 42");
  buffer_release(&b);
}

static void a_buffer_of_a_page_or_more_begins_at_a_page(void **state)
{
  (void)state;
  for (size_t n = BUFFER_PAGE; n < 1000000; n = n * 3 / 2) {
    struct buffer b = {0};
    assert_non_null(buffer_reserve(&b, n));
    assert_int_equal((uintptr_t)b.memory % BUFFER_PAGE, 0);
    memset(b.memory, 'x', n);
    buffer_release(&b);
  }
  assert_null(page_alloc(SIZE_MAX));
}

static void a_buffer_that_is_empty_owns_no_memory(void **state)
{
  struct buffer b = {0};
  (void)state;
  buffer_append(&b, "hello", 5);
  buffer_consume(&b, 4);
  assert_non_null(b.memory);
  buffer_consume(&b, 99); /* at most all */
  assert_null(b.memory);
  assert_int_equal(b.length, 0);
  assert_int_equal(buffer_append(&b, "again", 5), 0);
  assert_holds(&b, "again");
  buffer_release(&b);
  assert_null(b.memory);
}

static void a_buffer_moves_its_bytes_down_before_it_grows(void **state)
{
  struct buffer b = {0};
  (void)state;
  for (int i = 0; i < 60; i++)
    buffer_append(&b, "x", 1);
  const uint8_t *memory = b.memory;
  buffer_consume(&b, 50);
  assert_int_equal(buffer_append(&b, "01234567890123456789", 20), 0);
  assert_ptr_equal(b.memory, memory);
  assert_holds(&b, "xxxxxxxxxx01234567890123456789");
  buffer_release(&b);
}

static void a_buffer_keeps_the_order_of_a_long_stream(void **state)
{
  struct buffer b = {0};
  uint8_t piece[97];
  uint64_t in = 0, out = 0;
  (void)state;
  while (in < 100000) {
    fill_pattern(piece, sizeof piece, in);
    assert_int_equal(buffer_append(&b, piece, sizeof piece), 0);
    in += sizeof piece;
    assert_pattern(buffer_data(&b), b.length, out);
    size_t some = b.length < 89 ? b.length : 89;
    buffer_consume(&b, some);
    out += some;
  }
  assert_int_equal(b.length, in - out);
  buffer_release(&b);
}

static void what_is_reserved_counts_once_it_is_committed(void **state)
{
  struct buffer b = {0};
  (void)state;
  buffer_append(&b, "a", 1);
  memcpy(buffer_reserve(&b, 100), "bcd", 3);
  assert_holds(&b, "a");
  buffer_commit(&b, 3);
  assert_holds(&b, "abcd");
  buffer_release(&b);
}

static void a_buffer_cannot_be_larger_than_memory_and_stays_as_it_was(void **state)
{
  struct buffer b = {0};
  (void)state;
  buffer_append(&b, "a", 1);
  assert_null(buffer_reserve(&b, SIZE_MAX));
  assert_null(buffer_reserve(&b, SIZE_MAX / 2));
  assert_holds(&b, "a");
  buffer_release(&b);
}

/* Text. */

struct text_row {
  const char *in, *out;
};

static void assert_escapes(const struct text_row *rows, size_t n, enum escape_mode mode)
{
  for (size_t i = 0; i < n; i++) {
    struct buffer b = {0};
    assert_int_equal(escape_text(&b, rows[i].in, strlen(rows[i].in), mode), 0);
    buffer_append(&b, "", 1);
    assert_string_equal((const char *)buffer_data(&b), rows[i].out);
    buffer_release(&b);
  }
}

static void a_line_shows_what_a_terminal_would_obey(void **state)
{
  static const struct text_row rows[] = {
      {"plain ASCII ~!", "plain ASCII ~!"},
      {"a\nb\rc\td", "a\\nb\\rc\\td"},
      {"\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f"},
      {"C:\\x", "C:\\\\x"},
      {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xc2\x80 \xc2\x9f \xc2\xa0", "\\xc2\\x80 \\xc2\\x9f \xc2\xa0"}, /* C1 controls */
      {"\xe2\x80\xae \xe2\x81\xa9", "\\xe2\\x80\\xae \\xe2\\x81\\xa9"}, /* turn the direction */
      {"\xe2\x80\x8e \xd8\x9c", "\\xe2\\x80\\x8e \\xd8\\x9c"},
      {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* the line separator */
  };
  (void)state;
  assert_escapes(rows, LENGTH(rows), ESCAPE_LINE);
}

static void ill_formed_UTF8_is_shown_byte_by_byte(void **state)
{
  static const struct text_row rows[] = {
      {"\xff\xfe", "\\xff\\xfe"},
      {"\x80x", "\\x80x"},                                      /* a continuation alone */
      {"\xc3", "\\xc3"},                                        /* cut off */
      {"\xe2\x82", "\\xe2\\x82"},                               /* cut off */
      {"\xe2\x82x", "\\xe2\\x82x"},                             /* broken off */
      {"\xc0\xaf", "\\xc0\\xaf"},                               /* overlong slash */
      {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},                      /* overlong */
      {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},             /* overlong */
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                      /* a surrogate */
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},             /* above U+10FFFF */
      {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},                 /* U+10FFFF itself */
      {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"}, /* beside the surrogates */
      {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
  };
  (void)state;
  assert_escapes(rows, LENGTH(rows), ESCAPE_LINE);
}

static void a_person_at_a_terminal_gets_newlines_and_backslashes_as_they_come(void **state)
{
  static const struct text_row rows[] = {
      {"a\nb\tc\r\nd\\e", "a\nb\tc\r\nd\\e"},
      {"over\rwritten\r", "over\\rwritten\\r"}, /* CR passes only before LF */
      {"\x1b[2J", "\\x1b[2J"},
  };
  static const struct text_row escaped[] = {{"a\\nb\nc", "a\\nb\\nc"}};
  (void)state;
  assert_escapes(rows, LENGTH(rows), ESCAPE_TERMINAL);
  assert_escapes(escaped, LENGTH(escaped), ESCAPE_CONTROLS);
}

static void a_NUL_is_shown(void **state)
{
  struct buffer b = {0};
  (void)state;
  escape_text(&b, "a\0b", 3, ESCAPE_TERMINAL);
  assert_holds(&b, "a\\x00b");
  buffer_release(&b);
}

static void escaped_text_is_cut_where_it_is_full_never_inside_an_escape(void **state)
{
  char out[8];
  (void)state;
  assert_int_equal(escape_to(out, sizeof out, "abc\xff\xff", 5), 7);
  assert_string_equal(out, "abc\\xff");
  assert_int_equal(escape_to(out, sizeof out, "abcd\xff", 5), 4);
  assert_string_equal(out, "abcd");
  assert_int_equal(escape_to(out, sizeof out, "abcdef\xc3\xa9", 8), 6);
  assert_string_equal(out, "abcdef");
  assert_int_equal(escape_to(out, 1, "a", 1), 0);
  assert_string_equal(out, "");
}

static void JSON_strings_are_escaped(void **state)
{
  static const struct text_row rows[] = {
      {"plain", "plain"},
      {"say \"hi\" \\ /", "say \\\"hi\\\" \\\\ /"},
      {"\n\x01\x7f", "\\u000a\\u0001\\u007f"},
      {"\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80"},
      {"\xe2\x80\xae\xe2\x80\xa8", "\\u202e\\u2028"},
      {"a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd"}, /* U+FFFD for what is ill-formed */
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer b = {0};
    assert_int_equal(escape_json(&b, rows[i].in, strlen(rows[i].in)), 0);
    assert_holds(&b, rows[i].out);
    buffer_release(&b);
  }
}

static void the_start_of_a_character_at_the_end_is_kept_back(void **state)
{
  static const struct {
    const char *text;
    size_t tail;
  } rows[] = {
      {"", 0},
      {"abc", 0},
      {"\xc3\xa9", 0},
      {"a\xc3", 1},
      {"a\xe2", 1},
      {"a\xe2\x82", 2},
      {"a\xe2\x82\xac", 0},
      {"a\xf0\x9f\x98", 3},
      {"\xf0\x9f", 2},
      {"\x80\x80\x80", 0},
      {"a\xff", 0},
      {"\xc3\xa9\x80", 0},
      {"\xf0\x9f\x98\x80", 0},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_int_equal(utf8_tail(rows[i].text, strlen(rows[i].text)), rows[i].tail);
}

static void a_character_is_encoded_in_1_to_4_bytes_and_decoded_again(void **state)
{
  static const struct {
    uint32_t character;
    const char *bytes;
  } rows[] = {
      {0x01, "\x01"},
      {'A', "A"},
      {0x7f, "\x7f"}, /* the ends of each length (RFC 3629 3) */
      {0x80, "\xc2\x80"},
      {0x7ff, "\xdf\xbf"},
      {0x800, "\xe0\xa0\x80"},
      {0xd7ff, "\xed\x9f\xbf"}, /* beside the surrogates */
      {0xe000, "\xee\x80\x80"},
      {0xffff, "\xef\xbf\xbf"},
      {0x10000, "\xf0\x90\x80\x80"},
      {0x10ffff, "\xf4\x8f\xbf\xbf"},
      {0x20ac, "\xe2\x82\xac"},
      {0x1f600, "\xf0\x9f\x98\x80"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char out[8] = "xxxxxxx";
    uint32_t character = 0;
    size_t n = strlen(rows[i].bytes);
    assert_int_equal(utf8_encode(out, rows[i].character), n);
    assert_memory_equal(out, rows[i].bytes, n);
    assert_string_equal(out + n, "xxxxxxx" + n); /* and no more than that is written */
    assert_int_equal(utf8_decode(out, n, &character), n);
    assert_int_equal(character, rows[i].character);
  }
  char nul = 'x';
  assert_int_equal(utf8_encode(&nul, 0), 1);
  assert_int_equal(nul, 0);
}

/* The pieces of a stream, with a `|` between them, and what is shown of each; what is kept back at
 * the end stands behind the last `|`. */
static void a_stream_for_a_terminal_may_be_cut_anywhere(void **state)
{
  static const struct text_row rows[] = {
      {"abc|def", "abc|def|"},
      {"a\xc3|\xa9z", "a|\xc3\xa9z|"},
      {"\xf0|\x9f|\x98|\x80", "|||\xf0\x9f\x98\x80|"},
      {"a\xe2\x82", "a|\xe2\x82"},
      {"a\xe2|b", "a|\\xe2b|"},      /* it became none */
      {"\xc2|\x9b", "|\\xc2\\x9b|"}, /* or one that is shown */
      {"\xe2\x80|\xae", "|\\xe2\\x80\\xae|"},
      {"a\x1b|[2J", "a\\x1b|[2J|"},
      {"a\r\n|b", "a\r\n|b|"},
      {"a\r|\nb", "a|\r\nb|"}, /* CR passes before LF, wherever it is cut */
      {"a\r|b", "a|\\rb|"},
      {"a\r|\r|\n", "a|\\r|\r\n|"},
      {"a\r", "a|\r"},
      {"|a||\xc3||\xa9|", "|a||||\xc3\xa9||"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct buffer shown = {0}, part = {0};
    for (const char *at = rows[i].in; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
      assert_int_equal(escape_part(&shown, &part, at, strcspn(at, "|")), 0);
      buffer_append(&shown, "|", 1);
    }
    buffer_append(&shown, buffer_data(&part), part.length);
    assert_holds(&shown, rows[i].out);
    buffer_release(&shown);
    buffer_release(&part);
  }
}

/* Errors. */

static void an_error_says_what_and_why(void **state)
{
  struct error e;
  (void)state;
  assert_int_equal(error_set(&e, UV_ECONNREFUSED, "connect %s:%d", "host", 80), UV_ECONNREFUSED);
  assert_int_equal(e.code, UV_ECONNREFUSED);
  assert_string_equal(e.text, "connect host:80: connection refused");
  assert_int_equal(error_say(&e, UV_EINVAL, "address '%s': no", "\x1b"), UV_EINVAL);
  assert_string_equal(e.text, "address '\\x1b': no");
  assert_int_equal(error_set(NULL, UV_EIO, "nobody asks"), UV_EIO);
}

static void an_error_has_words_for_every_code(void **state)
{
  (void)state;
  assert_string_equal(error_words(UV_EAI_NONAME), "name does not resolve");
  assert_string_equal(error_words(UV_EAI_NODATA), "name does not resolve");
  assert_string_equal(error_words(UV_EAI_AGAIN), "name does not resolve for now");
  assert_string_equal(error_words(UV_EPIPE), "broken pipe");
  assert_non_null(error_words(UV_EDESTADDRREQ));
  assert_string_equal(error_words(-EDQUOT), "disk quota exceeded");
  for (int number = 1; number <= 133; number++)
    assert_null(strstr(error_words(-number), "nknown system"));
}

static void an_error_that_is_too_long_is_cut(void **state)
{
  char host[2000];
  struct error e;
  (void)state;
  memset(host, '\x1b', sizeof host);
  host[sizeof host - 1] = '\0';
  error_set(&e, UV_EIO, "connect %s", host);
  assert_true(strlen(e.text) < sizeof e.text);
  assert_memory_equal(e.text, "connect \\x1b", 12);
}

/* The log. */

static const struct log_field fields[] = {
    {.name = "from", .text = "127.0.0.1:80"},
    {.name = "named", .text = "a\n\"b\""},
    {.name = "cut", .text = "\0off here", .length = 4},
    {.name = "bytes", .number = UINT64_MAX},
    {.name = "seconds", .number = 61007, .milli = true},
    {.name = "rest", .number = 0, .milli = true},
    {0},
};

static void a_log_line_is_text(void **state)
{
  struct capture log;
  (void)state;
  log_setup("echo", LOG_INFO, false);
  capture_start(&log);
  log_event(LOG_INFO, "connected", fields);
  log_error("it broke: %s", "\x1b C:\\\\x");
  assert_string_equal(capture_stop(&log),
                      "anet: echo: connected from 127.0.0.1:80 named a\\n\"b\" cut \\x00off "
                      "bytes 18446744073709551615 seconds 61.007 rest 0.000\n"
                      "anet: echo: it broke: \\x1b C:\\\\x\n");
}

static void a_log_line_without_a_command_or_fields_is_short(void **state)
{
  struct capture log;
  (void)state;
  log_setup(NULL, LOG_INFO, false);
  capture_start(&log);
  log_event(LOG_INFO, "ready", NULL);
  assert_string_equal(capture_stop(&log), "anet: ready\n");
}

/* Every digit of the time becomes a 9. */
static const char *without_time(char *line)
{
  char *end = strstr(line, "Z\"");
  assert_non_null(end);
  for (char *s = line; s < end; s++)
    if (isdigit((unsigned char)*s))
      *s = '9';
  return line;
}

static void a_log_line_is_JSON(void **state)
{
  struct capture log;
  (void)state;
  log_setup("echo", LOG_INFO, true);
  capture_start(&log);
  log_event(LOG_INFO, "connected", fields);
  capture_stop(&log);
  assert_string_equal(
      without_time(log.text),
      "{\"time\":\"9999-99-99T99:99:99.999Z\",\"level\":\"info\",\"command\":\"echo\","
      "\"event\":\"connected\",\"from\":\"127.0.0.1:80\",\"named\":\"a\\u000a\\\"b\\\"\","
      "\"cut\":\"\\u0000off\",\"bytes\":18446744073709551615,\"seconds\":61.007,"
      "\"rest\":0.000}\n");
  capture_start(&log);
  log_error("it \"broke\"");
  capture_stop(&log);
  assert_string_equal(
      without_time(log.text),
      "{\"time\":\"9999-99-99T99:99:99.999Z\",\"level\":\"error\",\"command\":\"echo\","
      "\"event\":\"error\",\"message\":\"it \\\"broke\\\"\"}\n");
  log_setup(NULL, LOG_INFO, false);
}

static void a_line_made_elsewhere_is_written_as_it_is(void **state)
{
  struct capture log;
  struct buffer line = {0};
  (void)state;
  log_setup("echo", LOG_ERROR, true);
  capture_start(&log);
  buffer_printf(&line, "a \\ line");
  log_line(&line);
  assert_string_equal(capture_stop(&log), "a \\ line\n");
  assert_null(line.memory);
  assert_true(log_is_json());
  log_setup(NULL, LOG_INFO, false);
  assert_false(log_is_json());
}

static void the_level_chooses_the_lines(void **state)
{
  static const struct {
    enum log_level level;
    const char *lines;
  } rows[] = {
      {LOG_ERROR, "anet: E\n"},
      {LOG_INFO, "anet: E\nanet: I\n"},
      {LOG_DEBUG, "anet: E\nanet: I\nanet: D\n"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct capture log;
    log_setup(NULL, rows[i].level, false);
    capture_start(&log);
    log_error("E");
    log_event(LOG_INFO, "I", NULL);
    log_event(LOG_DEBUG, "D", NULL);
    assert_string_equal(capture_stop(&log), rows[i].lines);
    assert_true(log_enabled(LOG_ERROR));
    assert_int_equal(log_enabled(LOG_DEBUG), rows[i].level == LOG_DEBUG);
  }
  log_setup(NULL, LOG_INFO, false);
}

/* stderr as somebody left it: non-blocking, and full, and nobody reads. */
static void a_log_line_that_finds_no_room_is_given_up(void **state)
{
  static char page[4096];
  int fds[2], saved = dup(STDERR_FILENO);
  (void)state;
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  while (write(fds[1], page, sizeof page) > 0)
    ;
  assert_int_equal(errno, EAGAIN);
  dup2(fds[1], STDERR_FILENO);
  log_error("nobody reads this");
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(fds[0]);
  close(fds[1]);
  log_setup(NULL, LOG_INFO, false); /* what waits is given up */
}

static void a_buffer_is_given_away_as_a_text(void **state)
{
  (void)state;
  struct buffer b = {0};
  assert_int_equal(buffer_append(&b, "xxhello", 7), 0);
  buffer_consume(&b, 2);
  char *text = buffer_take_text(&b);
  assert_string_equal(text, "hello");
  assert_null(b.memory);
  free(text);
  text = buffer_take_text(&b); /* an empty one */
  assert_string_equal(text, "");
  free(text);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_buffer_is_given_away_as_a_text),
      TEST(a_buffer_gives_back_what_was_put_in),
      TEST(a_buffer_of_a_page_or_more_begins_at_a_page),
      TEST(a_buffer_that_is_empty_owns_no_memory),
      TEST(a_buffer_moves_its_bytes_down_before_it_grows),
      TEST(a_buffer_keeps_the_order_of_a_long_stream),
      TEST(what_is_reserved_counts_once_it_is_committed),
      TEST(a_buffer_cannot_be_larger_than_memory_and_stays_as_it_was),
      TEST(a_line_shows_what_a_terminal_would_obey),
      TEST(ill_formed_UTF8_is_shown_byte_by_byte),
      TEST(a_person_at_a_terminal_gets_newlines_and_backslashes_as_they_come),
      TEST(a_NUL_is_shown),
      TEST(escaped_text_is_cut_where_it_is_full_never_inside_an_escape),
      TEST(JSON_strings_are_escaped),
      TEST(the_start_of_a_character_at_the_end_is_kept_back),
      TEST(a_character_is_encoded_in_1_to_4_bytes_and_decoded_again),
      TEST(a_stream_for_a_terminal_may_be_cut_anywhere),
      TEST(an_error_says_what_and_why),
      TEST(an_error_has_words_for_every_code),
      TEST(an_error_that_is_too_long_is_cut),
      TEST(a_log_line_is_text),
      TEST(a_log_line_without_a_command_or_fields_is_short),
      TEST(a_log_line_is_JSON),
      TEST(a_line_made_elsewhere_is_written_as_it_is),
      TEST(the_level_chooses_the_lines),
      TEST(a_log_line_that_finds_no_room_is_given_up),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
