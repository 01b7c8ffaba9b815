/* Rooms, with subscribers that are no members: no sockets, no server. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/chat/room.h"

#include <stdio.h>
#include <uv.h>

/* Records each line that is posted to it, and keeps the last one. */
struct listener_in_room {
  struct subscriber subscriber;
  const char *name;
  struct shared_bytes *last;
};

static struct listener_in_room *listener_of(const struct subscriber *s)
{
  return container_of(s, struct listener_in_room, subscriber);
}

static void posted(struct subscriber *s, struct shared_bytes *line)
{
  struct listener_in_room *l = listener_of(s);
  record_bytes(l->name, line->data, line->length);
  if (l->last)
    shared_bytes_drop(l->last);
  l->last = line;
  shared_bytes_hold(line);
}

static const char *name_of(const struct subscriber *s)
{
  return listener_of(s)->name;
}

static const struct subscriber_ops ops = {.post = posted, .name = name_of};

static struct listener_in_room ann, bob, cat;
enum { LISTENERS = 3 };

static struct journal journal;
static struct rooms rooms;

static void begin(size_t history, size_t history_bytes)
{
  struct listener_in_room *all[LISTENERS] = {&ann, &bob, &cat};
  static const char *const names[LISTENERS] = {"ann", "bob", "cat"};
  for (size_t i = 0; i < LISTENERS; i++) {
    *all[i] = (struct listener_in_room){.name = names[i]};
    subscriber_init(&all[i]->subscriber, &ops);
  }
  journal = (struct journal){.fd = -1};
  rooms = (struct rooms){
      .line_end = "\r\n", .history = history, .history_bytes = history_bytes, .journal = &journal};
  assert_int_equal(rooms_init(&rooms), 0);
}

static void end(void)
{
  struct listener_in_room *all[LISTENERS] = {&ann, &bob, &cat};
  for (size_t i = 0; i < LISTENERS; i++) {
    room_leave(&all[i]->subscriber);
    if (all[i]->last)
      shared_bytes_drop(all[i]->last);
  }
  rooms_release(&rooms);
  rooms_release(&rooms);
  journal_close(&journal);
}

static struct room *room(const char *name)
{
  struct room *found = room_get(&rooms, span_of(name));
  assert_non_null(found);
  return found;
}

static void enters(struct listener_in_room *l, const char *name)
{
  room_enter(room(name), &l->subscriber);
}

static void a_line_goes_to_all_in_the_order_in_which_they_came(void **state)
{
  (void)state;
  begin(0, 0);
  enters(&bob, "main");
  enters(&ann, "main");
  room_tell(rooms.main, NULL, "%s and %d", "one", 2);
  assert_calls("bob one and 2\\r\\n, ann one and 2\\r\\n");
  room_say(rooms.main, NULL, "three");
  assert_calls("bob three\\r\\n, ann three\\r\\n");
  end();
}

static void the_one_that_is_left_out_does_not_get_it(void **state)
{
  (void)state;
  begin(10, 1000);
  enters(&ann, "main");
  enters(&bob, "main");
  room_tell(rooms.main, &ann.subscriber, "one");
  room_say(rooms.main, &bob.subscriber, "two");
  assert_calls("bob one\\r\\n, ann two\\r\\n");
  end();
}

static void a_line_stays_with_the_subscriber_that_keeps_it(void **state)
{
  (void)state;
  begin(0, 0);
  enters(&ann, "main");
  enters(&bob, "main");
  room_say(rooms.main, NULL, "one");
  assert_ptr_equal(ann.last, bob.last); /* one copy for all */
  room_leave(&ann.subscriber);
  room_say(rooms.main, NULL, "two");
  assert_memory_equal(ann.last->data, "one\r\n", ann.last->length);
  assert_calls("ann one\\r\\n, bob one\\r\\n, bob two\\r\\n");
  end();
}

static void each_room_hears_only_its_own(void **state)
{
  (void)state;
  begin(10, 1000);
  enters(&ann, "main");
  enters(&bob, "garden");
  room_say(rooms.main, NULL, "here");
  room_say(room("garden"), NULL, "there");
  assert_calls("ann here\\r\\n, bob there\\r\\n");
  room_leave(&ann.subscriber);
  assert_null(ann.subscriber.room);
  room_leave(&ann.subscriber); /* once more, from none */
  enters(&ann, "garden");
  assert_ptr_equal(ann.subscriber.room, bob.subscriber.room);
  assert_calls("ann there\\r\\n");
  end();
}

static void the_newcomer_gets_what_was_said_and_not_what_was_told(void **state)
{
  (void)state;
  begin(10, 1000);
  room_say(rooms.main, NULL, "said");
  room_tell(rooms.main, NULL, "told");
  room_say(rooms.main, NULL, "said again");
  enters(&ann, "main");
  assert_calls("ann said\\r\\n, ann said again\\r\\n");
  end();
}

static void the_history_is_the_last_lines(void **state)
{
  (void)state;
  begin(3, 1000);
  for (int i = 0; i < 8; i++)
    room_say(rooms.main, NULL, "%d", i);
  enters(&ann, "main");
  assert_calls("ann 5\\r\\n, ann 6\\r\\n, ann 7\\r\\n");
  end();
}

static void the_history_takes_no_more_bytes_than_it_may(void **state)
{
  (void)state;
  begin(10, 12);
  for (int i = 0; i < 8; i++)
    room_say(rooms.main, NULL, "%d%d", i, i);
  enters(&ann, "main");
  assert_calls("ann 55\\r\\n, ann 66\\r\\n, ann 77\\r\\n");
  room_say(rooms.main, NULL, "too long by itself");
  enters(&bob, "main");
  assert_calls("ann too long by itself\\r\\n");
  room_say(rooms.main, NULL, "88");
  enters(&cat, "main");
  assert_calls("ann 88\\r\\n, bob 88\\r\\n, cat 88\\r\\n");
  end();
}

static void without_a_history_nothing_is_kept(void **state)
{
  (void)state;
  begin(0, 1000);
  room_say(rooms.main, NULL, "said");
  enters(&ann, "main");
  assert_calls("-");
  end();
}

static void a_room_that_is_empty_is_forgotten_but_for_the_main_one(void **state)
{
  (void)state;
  begin(10, 1000);
  enters(&ann, "garden");
  enters(&bob, "GARDEN"); /* the same, in any case */
  assert_ptr_equal(ann.subscriber.room, bob.subscriber.room);
  room_say(ann.subscriber.room, NULL, "flowers");
  room_leave(&ann.subscriber);
  enters(&cat, "garden");
  room_leave(&bob.subscriber);
  room_leave(&cat.subscriber);
  enters(&ann, "garden"); /* a new one */
  enters(&bob, "main");
  room_say(rooms.main, NULL, "news");
  room_leave(&bob.subscriber);
  enters(&cat, "main"); /* the same */
  assert_calls(
      "ann flowers\\r\\n, bob flowers\\r\\n, cat flowers\\r\\n, bob news\\r\\n, cat news\\r\\n");
  end();
}

static void subscribers_are_listed_by_name_in_the_order_in_which_they_came(void **state)
{
  (void)state;
  begin(0, 0);
  enters(&cat, "main");
  enters(&ann, "main");
  for (struct list *node = rooms.main->subscribers.next; node != &rooms.main->subscribers;
       node = node->next)
    record("%s", subscriber_name(container_of(node, struct subscriber, link)));
  assert_calls("cat, ann");
  end();
}

static void what_is_said_is_kept_in_the_journal(void **state)
{
  const struct folder *folder = *state;
  struct error e;
  char path[PATH_MAX + 8], text[128] = "";
  begin(0, 0);
  snprintf(path, sizeof path, "%s/log", folder->path);
  assert_int_equal(journal_open(&journal, path, &e), 0);
  room_tell(rooms.main, NULL, "told");
  room_say(room("Garden"), NULL, "ann : %s", "hello");
  FILE *f = fopen(path, "re");
  assert_non_null(f);
  assert_true(fread(text, 1, sizeof text - 1, f) > 0);
  fclose(f);
  assert_string_equal(text + strlen("2026-11-25T22:10:11Z"), " Garden ann : hello\n");
  end();
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_line_goes_to_all_in_the_order_in_which_they_came),
      TEST(the_one_that_is_left_out_does_not_get_it),
      TEST(a_line_stays_with_the_subscriber_that_keeps_it),
      TEST(each_room_hears_only_its_own),
      TEST(the_newcomer_gets_what_was_said_and_not_what_was_told),
      TEST(the_history_is_the_last_lines),
      TEST(the_history_takes_no_more_bytes_than_it_may),
      TEST(without_a_history_nothing_is_kept),
      TEST(a_room_that_is_empty_is_forgotten_but_for_the_main_one),
      TEST(subscribers_are_listed_by_name_in_the_order_in_which_they_came),
      IN_FOLDER(what_is_said_is_kept_in_the_journal),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
