/* The loop: its passes, channels that are always ready, timers, signals. */
#include "tests/unit/lib/probe.h"

#include "core/event/signal.h"
#include "core/event/timer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static struct probe a, b;

/* Two channels that want to write, and have something to read. */
static void two_ready(struct reactor *r, int peers[2])
{
  peers[0] = probe_pair(&a, r, &probe_ops, false);
  peers[1] = probe_pair(&b, r, &probe_ops, false);
  a.name = "a";
  b.name = "b";
  a.wants_write = b.wants_write = true;
  put(peers[0], "1");
  put(peers[1], "2");
}

static void close_peers(int peers[2])
{
  close(peers[0]);
  close(peers[1]);
}

static void the_loop_runs_while_there_are_channels(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  put(peer, "hi");
  close(peer);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read hi, close, destroy");
  reactor_run(*state, REACTOR_FOREVER, 0); /* no channel: returns at once */
}

static void the_buffer_starts_at_a_page(void **state)
{
  const struct reactor *r = *state;
  assert_int_equal((uintptr_t)r->buffer % 4096, 0);
}

static void count_bounds_the_passes(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  a.leaves = true;
  put(peer, "hi");
  reactor_run(*state, REACTOR_FOREVER, 3);
  assert_calls("read, read, read");
  close(peer);
}

static void timeout_bounds_the_wait_of_a_pass(void **state)
{
  struct reactor *r = *state;
  int peer = probe_pair(&a, r, &probe_ops, false);
  uint64_t before = uv_hrtime();
  reactor_run(r, 20, 2);
  assert_true(uv_hrtime() - before >= 2 * 19 * 1000000ull); /* libuv counts in milliseconds */
  assert_calls("-");
  close(peer);
}

static void timeout_bounds_the_wait_also_when_much_time_has_passed_since_the_last_pass(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  passes(*state, 1);
  uint64_t start = uv_hrtime();
  while (uv_hrtime() - start < 5 * 1000000ull)
    ;
  reactor_run(*state, 1, 3);
  assert_calls("-");
  close(peer);
}

static void in_a_pass_all_reads_come_before_all_writes(void **state)
{
  int peers[2];
  two_ready(*state, peers);
  pass(*state);
  assert_calls("a read 1, b read 2, a write, b write");
  close_peers(peers);
}

static void a_channel_closed_by_a_read_earlier_in_the_pass_is_skipped(void **state)
{
  int peers[2];
  two_ready(*state, peers);
  a.closes_in = "read";
  a.closes = &b.d;
  pass(*state);
  assert_calls("a read 1, a write, b destroy");
  close_peers(peers);
}

static void a_channel_closed_by_a_write_earlier_in_the_pass_is_skipped(void **state)
{
  int peers[2];
  two_ready(*state, peers);
  a.closes_in = "write";
  a.closes = &b.d;
  pass(*state);
  assert_calls("a read 1, b read 2, a write, b destroy");
  close_peers(peers);
}

enum { MANY = 50 };

static void write_again(struct dispatcher *d)
{
  record("again");
  if (++container_of(d, struct probe, d)->accepted < MANY)
    dispatcher_write_soon(d);
}

static bool reads_nothing(struct dispatcher *d)
{
  (void)d;
  return false;
}

/* U5: the same pass went on for ever. */
static void a_handler_that_writes_again_gets_its_turn_in_the_next_pass(void **state)
{
  static const struct dispatcher_ops ops = {
      .readable = reads_nothing, .writable = reads_nothing, .handle_write = write_again};
  int peer = probe_pair(&a, *state, &ops, false), other = probe_pair(&b, *state, &probe_ops, false);
  b.wants_write = true;
  dispatcher_write_soon(&a.d);
  pass(*state);
  record_step();
  b.wants_write = false;
  dispatcher_changed(&b.d);
  uint64_t start = uv_hrtime();
  reactor_run(*state, 1000, 2); /* does not wait */
  assert_true(uv_hrtime() - start < 500 * 1000000ull);
  assert_calls("again, write ; again, again");
  close(peer);
  close(other);
}

static void soon_of(struct dispatcher *d)
{
  record("first");
  if (d == &a.d)
    dispatcher_write_soon(&b.d);
}

static void what_a_write_leads_to_elsewhere_leaves_in_the_same_pass(void **state)
{
  static const struct dispatcher_ops ops = {
      .readable = reads_nothing, .writable = reads_nothing, .handle_write = soon_of};
  int peer = probe_pair(&a, *state, &ops, false), other = probe_pair(&b, *state, &probe_ops, false);
  dispatcher_write_soon(&a.d);
  pass(*state);
  assert_calls("first, write");
  close(peer);
  close(other);
}

static void close_all_closes_each_without_its_handle_close(void **state)
{
  struct reactor *r = *state;
  int peers[] = {probe_pair(&a, r, &probe_ops, false), probe_pair(&b, r, &probe_ops, false)};
  reactor_close_all(r);
  assert_true(list_empty(&r->channels));
  assert_true(dispatcher_is_closing(&a.d) && dispatcher_is_closing(&b.d));
  assert_calls("-");
  assert_ends(peers[0]);
  assert_ends(peers[1]);
  close_peers(peers);
}

static void stop_and_record(struct dispatcher *d)
{
  record("stop");
  reactor_stop(d->reactor);
}

static void stop_ends_the_loop_after_the_pass(void **state)
{
  static const struct dispatcher_ops ops = {.handle_read = stop_and_record};
  int peer = probe_pair(&a, *state, &ops, false);
  int other = probe_pair(&b, *state, &probe_ops, false);
  b.wants_write = true;
  put(peer, "hi");
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("stop, write");
  close(peer);
  close(other);
}

/* Timers. */

struct watch {
  struct timer timer;
  struct reactor *r;
  void (*then)(struct watch *w);
};

static void fired(struct timer *t)
{
  struct watch *w = container_of(t, struct watch, timer);
  record("fired");
  if (w->then)
    w->then(w);
}

static void unhold(struct watch *w)
{
  reactor_unhold(w->r);
}

static struct watch watch(struct reactor *r, void (*then)(struct watch *w))
{
  return (struct watch){.timer.fire = fired, .r = r, .then = then};
}

static void the_loop_waits_for_held_work(void **state)
{
  struct watch w = watch(*state, unhold);
  reactor_hold(*state);
  timer_start(&w.timer, *state, 5);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("fired");
  timer_release(&w.timer);
}

static void a_timer_fires_once_and_not_before_its_time(void **state)
{
  struct watch w = watch(*state, NULL);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  uint64_t start = reactor_now_ms(*state);
  assert_int_equal(timer_start(&w.timer, *state, 20), 0);
  assert_true(timer_is_running(&w.timer));
  pass(*state);
  assert_true(reactor_now_ms(*state) - start >= 20);
  assert_false(timer_is_running(&w.timer));
  reactor_run(*state, 30, 1);
  assert_calls("fired");
  timer_release(&w.timer);
  close(peer);
}

static void a_timer_started_again_forgets_the_first_time(void **state)
{
  struct watch w = watch(*state, NULL);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  timer_start(&w.timer, *state, 3600 * 1000);
  timer_start(&w.timer, *state, 1);
  pass(*state);
  assert_calls("fired");
  timer_start(&w.timer, *state, 1);
  timer_start(&w.timer, *state, 3600 * 1000);
  reactor_run(*state, 10, 1);
  assert_calls("-");
  timer_release(&w.timer);
  close(peer);
}

static void a_stopped_or_released_timer_does_not_fire(void **state)
{
  struct watch stopped = watch(*state, NULL), released = watch(*state, NULL);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  timer_stop(&stopped.timer); /* not running: nothing */
  timer_start(&stopped.timer, *state, 1);
  timer_start(&released.timer, *state, 1);
  timer_stop(&stopped.timer);
  timer_release(&released.timer);
  timer_release(&released.timer);
  reactor_run(*state, 10, 1);
  assert_calls("-");
  timer_release(&stopped.timer);
  close(peer);
}

static void release(struct watch *w)
{
  timer_release(&w->timer);
}

static void a_timer_may_release_itself(void **state)
{
  struct watch w = watch(*state, release);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  timer_start(&w.timer, *state, 1);
  pass(*state);
  assert_calls("fired");
  assert_false(timer_is_running(&w.timer));
  close(peer);
}

static void want_write(struct watch *w)
{
  (void)w;
  a.wants_write = true;
  a.closes_in = "write";
  a.closes = &a.d;
  dispatcher_changed(&a.d);
}

/* uv_run(UV_RUN_DEFAULT) would end here: no handle is active. */
static void the_loop_goes_on_while_no_channel_wants_anything(void **state)
{
  struct watch w = watch(*state, want_write);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  a.wants_no_read = true;
  timer_start(&w.timer, *state, 20);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("fired, write, destroy");
  timer_release(&w.timer);
  close(peer);
}

/* libuv runs such a timer before it waits, when the masks of the pass have been given to it. */
static void a_timer_due_when_the_pass_begins_may_change_what_is_polled(void **state)
{
  struct watch w = watch(*state, want_write);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  a.wants_no_read = true;
  passes(*state, 1);
  timer_start(&w.timer, *state, 0);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("fired, write, destroy");
  timer_release(&w.timer);
  close(peer);
}

static void stop(struct watch *w)
{
  reactor_stop(w->r);
}

static void a_timer_due_when_the_pass_begins_may_stop_the_loop(void **state)
{
  struct watch w = watch(*state, stop);
  int peer = probe_pair(&a, *state, &probe_ops, false);
  timer_start(&w.timer, *state, 0);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("fired");
  timer_release(&w.timer);
  close(peer);
}

static void a_timer_due_when_the_pass_begins_may_end_the_held_work(void **state)
{
  struct watch w = watch(*state, unhold);
  reactor_hold(*state);
  timer_start(&w.timer, *state, 0);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("fired");
  timer_release(&w.timer);
}

/* Signals. */

static void signalled(struct signal_watch *w)
{
  record("signal %d", w->number);
}

static void a_signal_fires_each_time_it_comes(void **state)
{
  struct signal_watch w = {.fire = signalled};
  int peer = probe_pair(&a, *state, &probe_ops, false);
  assert_int_equal(signal_watch_start(&w, *state, SIGUSR1), 0);
  raise(SIGUSR1);
  pass(*state);
  raise(SIGUSR1);
  pass(*state);
  record_step();
  signal_watch_release(&w);
  signal_watch_release(&w);
  passes(*state, 1);
  assert_calls("signal 10, signal 10 ; -");
  close(peer);
}

static void a_signal_that_was_ignored_at_the_start_is_watched(void **state)
{
  struct signal_watch w = {.fire = signalled};
  int peer = probe_pair(&a, *state, &probe_ops, false);
  signal(SIGINT, SIG_IGN);
  assert_int_equal(signal_watch_start(&w, *state, SIGINT), 0);
  raise(SIGINT);
  pass(*state);
  assert_calls("signal 2");
  signal_watch_release(&w);
  close(peer);
}

static void a_signal_that_cannot_be_watched_is_an_error(void **state)
{
  struct signal_watch w = {.fire = signalled};
  assert_int_equal(signal_watch_start(&w, *state, SIGKILL), UV_EINVAL);
  signal_watch_release(&w);
}

/* Always ready: uv_poll_init refuses regular files and /dev/null with UV_EPERM. */

static void open_path(struct probe *p, struct reactor *r, const char *path)
{
  int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  probe_init(p, r, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&p->d, fd), 0);
  close(fd);
}

static void a_regular_file_is_read_to_its_end(void **state)
{
  int file = temporary_file();
  put(file, "from a file");
  lseek(file, 0, SEEK_SET);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, file), 0);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read from a file, close, destroy");
  close(file);
}

/* The kept poll handle of that number would be given to epoll, which refuses files. */
static void a_file_that_gets_the_number_of_a_closed_socket_is_read_to_its_end(void **state)
{
  int file = temporary_file();
  put(file, "from a file");
  lseek(file, 0, SEEK_SET);
  int peer = probe_pair(&b, *state, &probe_ops, false);
  passes(*state, 1);
  int number = b.d.fd;
  dispatcher_close(&b.d);
  probe_init(&a, *state, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, file), 0);
  assert_int_equal(a.d.fd, number);
  reactor_run(*state, REACTOR_FOREVER, 0);
  assert_calls("read from a file, destroy, close, destroy");
  close(file);
  close(peer);
}

static void a_socket_that_gets_the_number_of_a_closed_one_is_polled_anew(void **state)
{
  int peer = probe_pair(&a, *state, &probe_ops, false);
  passes(*state, 1);
  int number = a.d.fd;
  const void *handle = a.d.poll;
  dispatcher_close(&a.d);
  int other = probe_pair(&b, *state, &probe_ops, false);
  assert_int_equal(b.d.fd, number);
  put(other, "hi");
  pass(*state);
  assert_ptr_equal(b.d.poll, handle);
  assert_calls("read hi, destroy");
  close(peer);
  close(other);
}

static void dev_null_reads_as_empty_and_takes_what_is_written(void **state)
{
  open_path(&a, *state, "/dev/null");
  a.stays = a.wants_write = true;
  pass(*state);
  assert_calls("close, write");
  assert_int_equal(dispatcher_send(&a.d, "gone", 4), 4);
}

static void what_is_always_ready_and_wants_nothing_does_not_spin(void **state)
{
  struct watch w = watch(*state, NULL);
  open_path(&a, *state, "/dev/null");
  a.wants_no_read = a.wants_write = true;
  pass(*state);
  assert_calls("write");
  a.wants_write = false;
  dispatcher_changed(&a.d);
  timer_start(&w.timer, *state, 20);
  pass(*state); /* waits for the timer, in one pass */
  assert_calls("fired");
  timer_release(&w.timer);
}

static void what_is_always_ready_takes_turns_with_sockets(void **state)
{
  int peer = probe_pair(&b, *state, &probe_ops, false);
  open_path(&a, *state, "/dev/zero");
  b.name = "socket";
  a.leaves = true;
  put(peer, "1");
  pass(*state);
  put(peer, "2");
  pass(*state);
  assert_calls("read, socket read 1, read, socket read 2");
  close(peer);
}

static void an_always_ready_channel_that_another_closes_is_skipped(void **state)
{
  open_path(&a, *state, "/dev/null");
  open_path(&b, *state, "/dev/null");
  a.name = "a";
  b.name = "b";
  a.leaves = true;
  a.closes_in = "read";
  a.closes = &b.d;
  pass(*state);
  assert_calls("a read, b destroy");
}

/* A descriptor that is a duplicate stays in epoll when it is closed, unless it is taken out. */
static void a_lost_duplicate_that_is_closed_leaves_nothing_in_the_poller(void **state)
{
  struct reactor *r = *state;
  int fds[2];
  pair_tcp(fds);
  probe_init(&a, r, &probe_ops, NULL);
  assert_int_equal(dispatcher_open_file(&a.d, fds[0]), 0);
  close_with_reset(fds[1]);
  pass(r);
  assert_calls("close, destroy");
  assert_false(is_readable(uv_backend_fd(&r->loop)));
  close(fds[0]);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(the_loop_runs_while_there_are_channels),
      TEST(the_buffer_starts_at_a_page),
      TEST(count_bounds_the_passes),
      TEST(timeout_bounds_the_wait_of_a_pass),
      TEST(timeout_bounds_the_wait_also_when_much_time_has_passed_since_the_last_pass),
      TEST(in_a_pass_all_reads_come_before_all_writes),
      TEST(a_channel_closed_by_a_read_earlier_in_the_pass_is_skipped),
      TEST(a_channel_closed_by_a_write_earlier_in_the_pass_is_skipped),
      TEST(a_handler_that_writes_again_gets_its_turn_in_the_next_pass),
      TEST(what_a_write_leads_to_elsewhere_leaves_in_the_same_pass),
      TEST(close_all_closes_each_without_its_handle_close),
      TEST(stop_ends_the_loop_after_the_pass),
      TEST(the_loop_waits_for_held_work),
      TEST(a_timer_fires_once_and_not_before_its_time),
      TEST(a_timer_started_again_forgets_the_first_time),
      TEST(a_stopped_or_released_timer_does_not_fire),
      TEST(a_timer_may_release_itself),
      TEST(the_loop_goes_on_while_no_channel_wants_anything),
      TEST(a_timer_due_when_the_pass_begins_may_change_what_is_polled),
      TEST(a_timer_due_when_the_pass_begins_may_stop_the_loop),
      TEST(a_timer_due_when_the_pass_begins_may_end_the_held_work),
      TEST(a_signal_fires_each_time_it_comes),
      TEST(a_signal_that_was_ignored_at_the_start_is_watched),
      TEST(a_signal_that_cannot_be_watched_is_an_error),
      TEST(a_regular_file_is_read_to_its_end),
      TEST(a_file_that_gets_the_number_of_a_closed_socket_is_read_to_its_end),
      TEST(a_socket_that_gets_the_number_of_a_closed_one_is_polled_anew),
      TEST(dev_null_reads_as_empty_and_takes_what_is_written),
      TEST(what_is_always_ready_and_wants_nothing_does_not_spin),
      TEST(what_is_always_ready_takes_turns_with_sockets),
      TEST(an_always_ready_channel_that_another_closes_is_skipped),
      TEST(a_lost_duplicate_that_is_closed_leaves_nothing_in_the_poller),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
