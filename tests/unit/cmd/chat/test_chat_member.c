/* Members on pairs of sockets: what they hear when memory runs out, and who has to leave. */
#include "tests/unit/lib/harness.h"

#include "cmd/chat/member.h"
#include "cmd/chat/server.h"
#include "core/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct chat_options options;
static struct chat chat;
static int allocations_left = -1; /* that succeed; negative: all */

/* These stand for the C library's, for what calls them in anet: see CMakeLists.txt. */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool is_left(void)
{
  if (allocations_left == 0)
    return false;
  allocations_left -= allocations_left > 0;
  return true;
}

void *__wrap_malloc(size_t size)
{
  return is_left() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
  return is_left() ? __real_calloc(n, size) : NULL;
}

/* The chat. */

static struct member *member_of(const struct server_conn *c)
{
  return container_of(c, struct member, conn);
}

static uint64_t active_ms(const struct server_conn *c)
{
  return member_active_ms(member_of(c));
}

static void close_conn(struct server_conn *c)
{
  async_chat_close(&member_of(c)->stream);
}

static void login_late(struct deadline_queue *q, struct deadline *d)
{
  (void)q;
  member_leave(container_of(d, struct member, login), "no login in time", 0);
}

static void begin(const struct chat_protocol *protocol)
{
  static const struct server_ops ops = {.active_ms = active_ms, .close = close_conn};
  static const struct server_options limits = {.descriptors_each = 1};
  options = (struct chat_options){
      .name = "Test", .max_line = 64, .max_queue = 4096, .history = 3, .login_timeout_ms = 60000};
  chat = (struct chat){.options = &options, .protocol = protocol, .journal.fd = -1};
  chat.rooms = (struct rooms){.line_end = protocol->line_end,
                              .history = 3,
                              .history_bytes = 1024,
                              .journal = &chat.journal};
  assert_int_equal(reactor_init(&chat.serving.reactor), 0);
  assert_int_equal(server_init(&chat.serving.server, &chat.serving.reactor, &ops, &limits), 0);
  assert_int_equal(rooms_init(&chat.rooms), 0);
  assert_int_equal(members_init(&chat), 0);
  assert_int_equal(deadline_queue_init(&chat.logins, &chat.serving.reactor,
                                       options.login_timeout_ms, login_late),
                   0);
}

static void end(void)
{
  allocations_left = -1;
  chat.stopping = true;
  deadline_queue_release(&chat.logins);
  members_release(&chat);
  server_release(&chat.serving.server);
  assert_int_equal(reactor_release(&chat.serving.reactor), 0);
  rooms_release(&chat.rooms);
  if (chat.motd)
    shared_bytes_drop(chat.motd);
}

/* Until there is nothing left to do now. */
static void settle(void)
{
  passes(&chat.serving.reactor, 4);
}

/* The same, and those that are too far behind are dropped. */
static void judge(void)
{
  settle();
  while (timer_is_running(&chat.drop))
    pass(&chat.serving.reactor);
  settle();
}

/* Connects one, and returns its peer's end. */
static int connects(void)
{
  static const struct sockaddr_un nobody = {.sun_family = AF_UNIX};
  int fds[2];
  pair_unix(fds);
  member_accept(&chat, fds[0], (const struct sockaddr *)&nobody, sizeof(sa_family_t));
  settle();
  return fds[1];
}

static void says(int fd, const char *text)
{
  put(fd, text);
  settle();
}

/* Connects one that logs in; what it hears then is dropped. */
static int enters(const char *name)
{
  char text[64], heard[1024];
  int fd = connects();
  snprintf(text, sizeof text, "login %s\n", name);
  says(fd, text);
  take(fd, heard, sizeof heard);
  return fd;
}

static struct member *first_member(void)
{
  assert_false(list_empty(&chat.members));
  return container_of(chat.members.next, struct member, in_members);
}

/* Limits. */

static void a_member_that_stops_reading_is_dropped_and_the_others_hear_why(void **state)
{
  char line[64], heard[1 << 16];
  (void)state;
  begin(&chat_room_protocol);
  int ann = enters("ann"), deaf = enters("deaf");
  take(ann, heard, sizeof heard);
  struct script stuck;
  struct member *m = container_of(chat.members.prev, struct member, in_members);
  script_install(&stuck, &m->stream.d);
  stuck.send_result = UV_EAGAIN;
  for (int i = 0; i < 200 && !list_empty(&chat.members) && chat.members.next != chat.members.prev;
       i++) {
    snprintf(line, sizeof line, "say %040d\n", i);
    says(ann, line);
    take(ann, heard, sizeof heard);
    judge();
  }
  says(ann, "who\n");
  size_t n = take(ann, heard, sizeof heard);
  heard[n] = '\0';
  assert_non_null(strstr(heard, "The following are logged in:\nann\n"));
  assert_ptr_equal(chat.members.next, chat.members.prev);
  close(ann);
  close(deaf);
  settle();
  end();
}

static void one_line_can_fill_a_queue_beyond_any_measure(void **state)
{
  struct buffer text = {0};
  (void)state;
  begin(&chat_room_protocol);
  int ann = enters("ann");
  struct script stuck;
  script_install(&stuck, &first_member()->stream.d);
  stuck.send_result = UV_EAGAIN;
  size_t n = options.max_queue * 17;
  void *room = buffer_reserve(&text, n);
  assert_non_null(room);
  memset(room, 'x', n);
  buffer_commit(&text, n);
  member_send(first_member(), &text);
  assert_true(first_member()->lost);
  member_tell(first_member(), "this is not queued any more");
  judge();
  assert_true(list_empty(&chat.members));
  buffer_release(&text);
  close(ann);
  end();
}

static void a_member_whose_lines_wait_is_not_idle(void **state)
{
  char heard[1 << 14];
  (void)state;
  begin(&chat_room_protocol);
  options.rate = 1;
  int ann = enters("ann");
  struct member *m = first_member();
  m->heard_ms = 0;
  assert_int_equal(member_active_ms(m), 0);
  for (int i = 0; i < 101; i++)
    put(ann, "look\n");
  settle();
  take(ann, heard, sizeof heard);
  assert_true(timer_is_running(&m->pause));
  m->heard_ms = 0;
  assert_int_equal(member_active_ms(m), reactor_now_ms(&chat.serving.reactor));
  close(ann);
  settle();
  end();
}

/* The greeting. */

static void the_line_protocol_shows_the_motd_and_asks_again_for_a_name(void **state)
{
  (void)state;
  begin(&chat_line_protocol);
  chat.motd = shared_bytes_new("Be kind.\r\n", 10);
  int ann = connects();
  assert_gets(ann, "Be kind.\r\nWhat's your name?\r\n");
  says(ann, "two words\r\n");
  assert_gets(ann, "What's your name?\r\n");
  says(ann, "\r\n");
  assert_gets(ann, "What's your name?\r\n");
  says(ann, "ann\r\n");
  assert_gets(ann, "Welcome, ann!\r\n");
  close(ann);
  settle();
  end();
}

/* Memory. */

static const char *const everything = "login bob\nsay hello\n/me waves\nlook\nwho\nmsg ann hi\nmsg "
                                      "nobody hi\n/nick eve\njoin garden\n"
                                      "say flowers\n\xc4\xe3\xba\xc3\nsay a line that is longer "
                                      "than the sixty-four bytes that a line "
                                      "may have here, by far\n/help\nunknown\njoin main\nlogout\n";

/* Whatever is not to be had: the one who asked for it may be dropped, a line may be lost, and ann
 * talks on. Nothing is leaked. */
static void without_memory_the_others_talk_on(void **state)
{
  const struct chat_protocol *const protocols[] = {&chat_room_protocol, &chat_line_protocol};
  unsigned stayed = 0;
  (void)state;
  int step = as_many(1, 7);
  for (int left = 0; left < 120; left += step) {
    begin(protocols[left % 2]);
    int ann = left % 2 ? connects() : enters("ann");
    if (left % 2)
      says(ann, "ann\r\n");
    allocations_left = left / 2;
    int bob = connects();
    if (is_open(bob))
      send(bob, everything, strlen(everything), MSG_NOSIGNAL);
    settle();
    allocations_left = -1;
    judge();
    char heard[1 << 16];
    take(ann, heard, sizeof heard);
    if (member_find(&chat, span_of("ann"))) { /* else it was she for whom a line was lost */
      says(ann, left % 2 ? "still here\r\n" : "say still here\n");
      size_t n = take(ann, heard, sizeof heard);
      assert_true(left % 2 || n > 0);
      stayed++;
    }
    close(ann);
    close(bob);
    settle();
    end();
  }
  assert_true(stayed > 60 / (unsigned)step);
}

static void without_memory_for_a_timer_a_member_is_closed_at_once(void **state)
{
  (void)state;
  begin(&chat_room_protocol);
  int ann = enters("ann");
  allocations_left = 0;
  says(ann, "logout\n");
  allocations_left = -1;
  settle();
  assert_ends(ann);
  close(ann);
  end();
}

static void without_memory_for_a_pause_a_member_has_to_leave(void **state)
{
  char heard[1 << 14];
  (void)state;
  begin(&chat_room_protocol);
  options.rate = 1;
  int ann = enters("ann");
  struct member *m = first_member();
  while (token_bucket_take(&m->bucket, reactor_now_ms(&chat.serving.reactor)))
    ;
  put(ann, "look\n");
  allocations_left = 1; /* for what comes in, and not for the timer */
  settle();
  allocations_left = -1;
  settle();
  take(ann, heard, sizeof heard);
  assert_true(list_empty(&chat.members));
  close(ann);
  end();
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_member_that_stops_reading_is_dropped_and_the_others_hear_why),
      TEST(one_line_can_fill_a_queue_beyond_any_measure),
      TEST(a_member_whose_lines_wait_is_not_idle),
      TEST(the_line_protocol_shows_the_motd_and_asks_again_for_a_name),
      TEST(without_memory_the_others_talk_on),
      TEST(without_memory_for_a_timer_a_member_is_closed_at_once),
      TEST(without_memory_for_a_pause_a_member_has_to_leave),
  };
  harness_start();
  log_setup("chat", LOG_ERROR, false);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
