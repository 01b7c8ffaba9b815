/* The names that Tab completes. */
#include "tests/unit/lib/harness.h"

#include "cmd/chat/seen.h"

#include <stdio.h>
#include <string.h>

static void learn(struct seen *seen, const char *text)
{
  seen_learn(seen, text, strlen(text));
}

static void assert_completes(const struct seen *seen, const char *start, size_t matches,
                             const char *rest)
{
  struct buffer out = {0};
  assert_int_equal(seen_complete(seen, start, strlen(start), &out), matches);
  if (out.length != strlen(rest) ||
      (out.length > 0 && memcmp(buffer_data(&out), rest, out.length) != 0))
    fail_msg("%s became %s%.*s", start, start, (int)out.length, (const char *)buffer_data(&out));
  buffer_release(&out);
}

static void a_name_is_seen_in_what_a_room_says(void **state)
{
  struct seen seen = {0};
  (void)state;
  learn(&seen, "anna has entered the room.\n"
               "berta : hello\n"
               "carl has left the room (too slow)\r\n"
               "<dora> hi\r\n"
               "Welcome to TestChat\n"
               "fritz said so\n"
               "two words : hello\n");
  assert_completes(&seen, "an", 1, "na ");
  assert_completes(&seen, "b", 1, "erta ");
  assert_completes(&seen, "c", 1, "arl ");
  assert_completes(&seen, "d", 1, "ora ");
  assert_completes(&seen, "W", 0, "");
  assert_completes(&seen, "f", 0, "");
  assert_completes(&seen, "two", 0, "");
  seen_release(&seen);
}

static void a_list_ends_with_the_first_line_that_is_no_name(void **state)
{
  struct seen seen = {0};
  (void)state;
  learn(&seen, "outside\nThe following are in the room:\nanna\r\nberta\ncarl : hello\nlater\n");
  assert_completes(&seen, "an", 1, "na ");
  assert_completes(&seen, "be", 1, "rta ");
  assert_completes(&seen, "ca", 1, "rl ");
  assert_completes(&seen, "la", 0, "");
  assert_completes(&seen, "out", 0, "");
  seen_release(&seen);
}

static void a_line_may_come_in_pieces(void **state)
{
  struct seen seen = {0};
  (void)state;
  for (const char *s = "anna has entered the room.\n"; *s; s++)
    seen_learn(&seen, s, 1);
  assert_completes(&seen, "a", 1, "nna ");
  seen_release(&seen);
}

static void of_several_names_what_they_share_is_completed(void **state)
{
  struct seen seen = {0};
  (void)state;
  learn(&seen, "Annabel : 1\nannika : 2\nann : 3\nANN : 4\n");
  assert_int_equal(seen.count, 3);
  assert_completes(&seen, "a", 3, "nn");
  seen_release(&seen);
  /* They differ in the second byte of a character: none of it is shared. */
  learn(&seen, "x\xc3\xa4 : 1\nx\xc3\xbc : 2\n");
  assert_completes(&seen, "x", 2, "");
  seen_release(&seen);
}

static void those_seen_longest_ago_make_room(void **state)
{
  struct seen seen = {0};
  (void)state;
  for (int i = 0; i < SEEN_MOST + 10; i++) {
    char line[64];
    snprintf(line, sizeof line, "n%d. : hello\n", i);
    learn(&seen, line);
    learn(&seen, "n0. : still here\n");
  }
  assert_int_equal(seen.count, SEEN_MOST);
  assert_completes(&seen, "n0.", 1, " ");
  assert_completes(&seen, "n1.", 0, "");
  assert_completes(&seen, "n265.", 1, " ");
  seen_release(&seen);
}

static void what_is_too_long_is_no_name(void **state)
{
  struct seen seen = {0};
  char line[SEEN_LONGEST + 32];
  (void)state;
  snprintf(line, sizeof line, "%0*d : hello\n", SEEN_LONGEST, 1);
  learn(&seen, line);
  assert_int_equal(seen.count, 1);
  snprintf(line, sizeof line, "%0*d : hello\n", SEEN_LONGEST + 1, 2);
  learn(&seen, line);
  learn(&seen, "\n : \n<> x\n");
  assert_int_equal(seen.count, 1);
  seen_release(&seen);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_name_is_seen_in_what_a_room_says),
      TEST(a_list_ends_with_the_first_line_that_is_no_name),
      TEST(a_line_may_come_in_pieces),
      TEST(of_several_names_what_they_share_is_completed),
      TEST(those_seen_longest_ago_make_room),
      TEST(what_is_too_long_is_no_name),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
