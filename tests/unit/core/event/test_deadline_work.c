/* Deadlines of one kind, and work for other threads. */
#include "tests/unit/lib/harness.h"

#include "core/event/deadline.h"
#include "core/event/thread_work.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct deadline_queue queue;
static int threads_allowed = INT_MAX; /* at once */

/* Stand before the C library's, as a limit of the user's processes. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *arg)
{
  int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
  if (threads_allowed == 0)
    return EAGAIN;
  threads_allowed--;
  return real(thread, attributes, run, arg);
}

int pthread_join(pthread_t thread, void **result)
{
  int (*real)(pthread_t, void **);
  *(void **)&real = dlsym(RTLD_NEXT, "pthread_join");
  threads_allowed++;
  return real(thread, result);
}

struct named {
  struct deadline deadline;
  const char *name;
};

static void fired(struct deadline_queue *q, struct deadline *d)
{
  const struct named *n = container_of(d, struct named, deadline);
  record("%s", n->name);
  if (n->name[0] == 'r') /* one that begins again */
    deadline_set(q, d);
}

static struct named named(const char *name)
{
  return (struct named){.name = name};
}

static void init(struct named *n)
{
  deadline_init(&n->deadline);
}

/* No test waits for a clock: the deadline is made older, and the queue told to look. */
enum { AN_HOUR_MS = 3600 * 1000 };

static void age(struct named *n, uint64_t ms)
{
  n->deadline.since_ms -= ms;
}

static void look(void)
{
  queue.timer.fire(&queue.timer);
}

static void they_fire_in_the_order_they_were_set(void **state)
{
  struct named a = named("a"), b = named("b"), c = named("c");
  init(&a), init(&b), init(&c);
  assert_int_equal(deadline_queue_init(&queue, *state, AN_HOUR_MS, fired), 0);
  deadline_set(&queue, &a.deadline);
  deadline_set(&queue, &b.deadline);
  deadline_set(&queue, &c.deadline);
  deadline_set(&queue, &a.deadline); /* again: it is the last now */
  deadline_clear(&b.deadline);
  assert_ptr_equal(deadline_first(&queue), &c.deadline);
  age(&c, AN_HOUR_MS - 1);
  look();
  assert_calls("-");
  age(&c, 1);
  age(&a, AN_HOUR_MS);
  look();
  assert_calls("c, a");
  assert_null(deadline_first(&queue));
  deadline_queue_release(&queue);
}

static void one_that_was_set_later_fires_later(void **state)
{
  struct named a = named("a"), b = named("b");
  init(&a), init(&b);
  deadline_queue_init(&queue, *state, AN_HOUR_MS, fired);
  deadline_set(&queue, &a.deadline);
  deadline_set(&queue, &b.deadline);
  age(&a, AN_HOUR_MS);
  look();
  assert_calls("a");
  assert_true(timer_is_running(&queue.timer)); /* for b */
  age(&b, AN_HOUR_MS);
  look();
  assert_calls("b");
  deadline_queue_release(&queue);
}

static void one_may_be_set_again_when_it_fires(void **state)
{
  struct named r = named("r");
  init(&r);
  deadline_queue_init(&queue, *state, AN_HOUR_MS, fired);
  deadline_set(&queue, &r.deadline);
  age(&r, AN_HOUR_MS);
  look();
  assert_calls("r");
  assert_ptr_equal(deadline_first(&queue), &r.deadline);
  deadline_clear(&r.deadline);
  look();
  assert_calls("-");
  deadline_queue_release(&queue);
}

static void the_timer_of_the_loop_fires_them(void **state)
{
  struct named a = named("a");
  init(&a);
  deadline_queue_init(&queue, *state, 1, fired);
  deadline_set(&queue, &a.deadline);
  reactor_hold(*state);
  while (deadline_first(&queue))
    reactor_run(*state, 1000, 1);
  reactor_unhold(*state);
  assert_calls("a");
  deadline_queue_release(&queue);
}

static void without_a_length_they_only_stand_in_order(void **state)
{
  struct named a = named("a"), b = named("b");
  init(&a), init(&b);
  deadline_queue_init(&queue, *state, 0, fired);
  deadline_set(&queue, &a.deadline);
  deadline_set(&queue, &b.deadline);
  assert_false(timer_is_running(&queue.timer));
  assert_ptr_equal(deadline_first(&queue), &a.deadline);
  deadline_queue_release(&queue);
  assert_true(list_empty(&a.deadline.link));
}

struct job {
  struct thread_work work;
  struct reactor *reactor;
  pid_t thread;
  int *sum;
};

static void add_up(struct thread_work *w)
{
  struct job *job = container_of(w, struct job, work);
  job->thread = gettid();
  for (int i = 1; i <= 100; i++)
    *job->sum += i;
}

static void added_up(struct thread_work *w)
{
  struct job *job = container_of(w, struct job, work);
  record(job->thread == gettid() ? "same thread" : "done %d", *job->sum);
  free(job);
}

static void work_is_done_on_another_thread(void **state)
{
  struct reactor *r = *state;
  int sum = 0;
  struct job *job = calloc(1, sizeof *job);
  job->sum = &sum;
  assert_int_equal(thread_work_start(&job->work, r, add_up, added_up), 0);
  assert_int_equal(r->threads, 1);
  reactor_hold(r);
  while (r->threads > 0)
    reactor_run(r, 100, 1);
  reactor_unhold(r);
  assert_calls("done 5050");
}

/* What starting work says in a process that may make 10 threads, where libuv would make `pool`. It
 * aborts if it cannot make them. */
static int start_with_ten_threads(struct reactor *r, const char *pool)
{
  int status, sum = 0;
  pid_t child = fork();
  if (child == 0) {
    struct job *job = calloc(1, sizeof *job);
    job->sum = &sum;
    threads_allowed = 10;
    setenv("UV_THREADPOOL_SIZE", pool, 1);
    int err = thread_work_start(&job->work, r, add_up, added_up);
    _exit(err == 0 ? 0 : err == UV_EAGAIN ? 1 : 2);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* C10 */
static void a_pool_that_cannot_be_made_is_an_error_and_no_abort(void **state)
{
  static const struct {
    const char *pool;
    int says;
  } rows[] = {{"4", 0},      {"10", 0}, {"11", 1}, {"64", 1},
              {"100000", 1}, {"-1", 1}, {"0", 0},  {"x", 0}};
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_int_equal(start_with_ten_threads(*state, rows[i].pool), rows[i].says);
}

static void without_threads_work_does_not_start(void **state)
{
  struct job job = {0};
  threads_allowed = 2;
  assert_int_equal(thread_work_start(&job.work, *state, add_up, added_up), UV_EAGAIN);
  assert_false(thread_work_has_threads(*state));
  threads_allowed = INT_MAX;
  assert_true(thread_work_has_threads(*state));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(they_fire_in_the_order_they_were_set),
      TEST(one_that_was_set_later_fires_later),
      TEST(one_may_be_set_again_when_it_fires),
      TEST(the_timer_of_the_loop_fires_them),
      TEST(without_a_length_they_only_stand_in_order),
      TEST(a_pool_that_cannot_be_made_is_an_error_and_no_abort),
      TEST(without_threads_work_does_not_start),
      TEST(work_is_done_on_another_thread),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
