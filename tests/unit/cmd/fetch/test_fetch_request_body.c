/* What fetch sends along: data, JSON, forms and files, as often as it is wanted. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/options.h"
#include "cmd/fetch/request_body.h"
#include "core/stream/async_chat.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const none[] = {NULL};

static struct error error;

static struct fetch_options no_options(void)
{
  return (struct fetch_options){.headers = none, .data = none, .json = none, .form = none};
}

static void drop(struct async_chat *c)
{
  async_chat_close(c);
}

/* All that is sent of it, in memory to be freed, with a NUL behind. */
static char *sent(struct reactor *r, const struct request_body *b, size_t *n)
{
  static const struct async_chat_ops ops = {.handle_close = drop};
  static struct async_chat c;
  struct list producers, *node;
  int fds[2];
  char *got = calloc(1, (size_t)b->length + 100);
  assert_non_null(got);
  pair_unix(fds);
  async_chat_init(&c, r, &ops);
  dispatcher_open(&c.d, fds[0], true);
  list_init(&producers);
  assert_int_equal(request_body_produce(b, &producers), 0);
  while ((node = list_pop(&producers)) != NULL)
    assert_int_equal(async_chat_push_with_producer(&c, container_of(node, struct producer, link)),
                     0);
  for (*n = 0; !async_chat_is_drained(&c);
       *n += take(fds[1], got + *n, (size_t)b->length + 99 - *n))
    pass(r);
  *n += take(fds[1], got + *n, (size_t)b->length + 99 - *n);
  async_chat_close(&c);
  close(fds[1]);
  reactor_hold(r);
  passes(r, 1);
  reactor_unhold(r);
  return got;
}

/* As often as it is wanted. */
static void assert_sends(struct reactor *r, const struct request_body *b, const char *want)
{
  for (int time = 0; time < 2; time++) {
    size_t n;
    char *got = sent(r, b, &n);
    assert_int_equal(b->length, strlen(want));
    assert_string_equal(got, want);
    free(got);
  }
}

static void make(struct request_body *b, const struct fetch_options *o)
{
  if (request_body_init(b, o, &error))
    fail_msg("%s", error.text);
}

/* The path of `name` in the folder, with something before it. */
static const char *at(const struct folder *f, const char *before, const char *name)
{
  static char texts[4][2 * PATH_MAX];
  static unsigned next;
  char *text = texts[next++ % LENGTH(texts)];
  snprintf(text, sizeof *texts, "%s%s/%s", before, f->path, name);
  return text;
}

static void without_an_option_there_is_no_body(void **state)
{
  struct fetch_options o = no_options();
  struct request_body b;
  struct list producers;
  (void)state;
  make(&b, &o);
  assert_false(b.present);
  assert_null(b.content_type);
  list_init(&producers);
  assert_int_equal(request_body_produce(&b, &producers), 0);
  assert_true(list_empty(&producers));
  request_body_release(&b);
}

static void data_are_joined(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct request_body b;
  folder_put(f->dir, "file", "from a\nfile\n");
  folder_put(f->dir, "empty", "");
  o.data = (const char *const[]){"a=b", at(f, "@", "file"), at(f, "@", "empty"), "", "c@d", NULL};
  make(&b, &o);
  assert_true(b.present);
  assert_string_equal(b.method, "POST");
  assert_string_equal(b.content_type, "application/x-www-form-urlencoded");
  assert_null(b.accept);
  assert_sends(f->reactor, &b, "a=b&from a\nfile\n&&&c@d");
  request_body_release(&b);

  o.data = (const char *const[]){"", NULL};
  make(&b, &o);
  assert_true(b.present); /* an empty one is one */
  assert_sends(f->reactor, &b, "");
  request_body_release(&b);
}

static void JSON_comes_from_the_line_or_a_file(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct request_body b;
  o.json = (const char *[]){"{\"a\":", " 1}", NULL}; /* joined, as curl does */
  make(&b, &o);
  assert_string_equal(b.method, "POST");
  assert_string_equal(b.content_type, "application/json");
  assert_string_equal(b.accept, "application/json");
  assert_sends(f->reactor, &b, "{\"a\": 1}");
  request_body_release(&b);
  folder_put(f->dir, "file", "[2]\n");
  o.json = (const char *[]){at(f, "@", "file"), NULL};
  make(&b, &o);
  assert_sends(f->reactor, &b, "[2]\n");
  request_body_release(&b);
}

static void an_uploaded_file_has_a_name_and_no_type(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct request_body b;
  folder_put(f->dir, "a b", "content");
  o.upload = at(f, "", "a b");
  make(&b, &o);
  assert_string_equal(b.method, "PUT");
  assert_string_equal(b.name, "a b");
  assert_null(b.content_type);
  assert_sends(f->reactor, &b, "content");
  request_body_release(&b);
}

/* `fd` is stdin while the body is made. */
static void make_of_stdin(struct request_body *b, const struct fetch_options *o, int fd)
{
  int before = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
  int err = request_body_init(b, o, &error);
  if (before >= 0) {
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
  }
  assert_int_equal(err, 0);
}

static void stdin_is_uploaded_from_where_it_is(void **state)
{
  struct fetch_options o = no_options();
  struct request_body b;
  int fd = temporary_file();
  put(fd, "read already;the rest");
  o.upload = "-";
  for (int i = 0; i < 3; i++) {
    static const off_t offsets[] = {13, 21, 30}; /* the end, and one behind it */
    lseek(fd, offsets[i], SEEK_SET);
    make_of_stdin(&b, &o, fd);
    assert_null(b.name);
    assert_string_equal(b.method, "PUT");
    assert_sends(((struct folder *)*state)->reactor, &b, i == 0 ? "the rest" : "");
    request_body_release(&b);
  }
  o = no_options();
  o.data = (const char *const[]){"a", "@-", NULL};
  lseek(fd, 13, SEEK_SET);
  make_of_stdin(&b, &o, fd);
  assert_sends(((struct folder *)*state)->reactor, &b, "a&the rest");
  request_body_release(&b);
  close(fd);
}

/* The other end of stdin, which comes to life once somebody waits for it; -1 for none. */
static int late_writer = -1;

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
  if (late_writer >= 0) {
    put(late_writer, "late");
    close(late_writer);
    late_writer = -1;
  }
  return ppoll(fds, n, timeout_ms < 0 ? NULL : &(struct timespec){timeout_ms / 1000, 0}, NULL);
}

static void a_stdin_that_does_not_block_is_waited_for(void **state)
{
  struct fetch_options o = no_options();
  struct request_body b;
  int ends[2];
  assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  late_writer = ends[1];
  o.data = (const char *const[]){"@-", NULL};
  make_of_stdin(&b, &o, ends[0]);
  assert_sends(((struct folder *)*state)->reactor, &b, "late");
  request_body_release(&b);
  close(ends[0]);
}

/* Opening a FIFO waits for the other side. */
static void write_to_fifo(void *path)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  put(fd, "through a FIFO");
  close(fd);
}

static void assert_streams(struct reactor *r, const struct request_body *b, const char *want)
{
  size_t n;
  char *got = sent(r, b, &n);
  assert_true(b->streams);
  assert_string_equal(got, want);
  free(got);
}

static void make_upload_of_pipe(struct request_body *b, const char *text, uint64_t length)
{
  struct fetch_options o = no_options();
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  put(ends[1], text);
  close(ends[1]);
  o.upload = "-";
  o.length = length;
  make_of_stdin(b, &o, ends[0]);
  close(ends[0]);
}

static void an_upload_from_a_pipe_goes_in_chunks_and_once(void **state)
{
  struct reactor *r = ((struct folder *)*state)->reactor;
  struct request_body b;
  make_upload_of_pipe(&b, "through a pipe", 0);
  assert_true(b.chunked);
  assert_false(request_body_is_spent(&b));
  assert_streams(r, &b, "e\r\nthrough a pipe\r\n0\r\n\r\n");
  assert_true(request_body_is_spent(&b));
  assert_null(request_body_error(&b));
  request_body_release(&b);

  make_upload_of_pipe(&b, "", 0);
  assert_streams(r, &b, "0\r\n\r\n");
  assert_false(request_body_is_spent(&b));
  assert_streams(r, &b, "0\r\n\r\n");
  request_body_release(&b);
}

static void with_its_length_it_goes_as_it_is(void **state)
{
  struct reactor *r = ((struct folder *)*state)->reactor;
  struct request_body b;
  make_upload_of_pipe(&b, "through a pipe", 14);
  assert_false(b.chunked);
  assert_int_equal(b.length, 14);
  assert_streams(r, &b, "through a pipe");
  assert_null(request_body_error(&b));
  request_body_release(&b);
}

static void what_comes_only_once_can_be_sent_twice(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct request_body b;
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  put(ends[1], "through a pipe");
  close(ends[1]);
  o.data = (const char *const[]){"@-", NULL};
  make_of_stdin(&b, &o, ends[0]);
  close(ends[0]);
  assert_sends(f->reactor, &b, "through a pipe");
  request_body_release(&b);

  uv_thread_t writer;
  folder_fifo(f->dir, "fifo");
  const char *data = at(f, "@", "fifo");
  o.data = (const char *const[]){data, NULL};
  assert_int_equal(uv_thread_create(&writer, write_to_fifo, (void *)(data + 1)), 0);
  make(&b, &o);
  uv_thread_join(&writer);
  assert_sends(f->reactor, &b, "through a FIFO");
  request_body_release(&b);
}

static void a_file_that_is_none_is_named(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct request_body b;
  folder_sub(f->dir, "sub");
  o.upload = at(f, "", "none");
  assert_int_equal(request_body_init(&b, &o, &error), UV_ENOENT);
  assert_non_null(strstr(error.text, o.upload));
  request_body_release(&b);
  o.upload = at(f, "", "sub");
  assert_int_equal(request_body_init(&b, &o, &error), UV_EISDIR);
  request_body_release(&b);
  o = no_options();
  o.data = (const char *const[]){"a", at(f, "@", "none"), NULL};
  assert_int_equal(request_body_init(&b, &o, &error), UV_ENOENT);
  request_body_release(&b);
  o = no_options();
  o.form = (const char *const[]){"a=b", at(f, "a=@", "none"), NULL};
  assert_int_equal(request_body_init(&b, &o, &error), UV_ENOENT);
  request_body_release(&b);
}

static void two_kinds_of_body_contradict_each_other(void **state)
{
  struct fetch_options o = no_options();
  struct request_body b;
  (void)state;
  o.data = (const char *const[]){"a", NULL};
  o.json = (const char *[]){"{}", NULL};
  assert_int_equal(request_body_init(&b, &o, &error), UV_EINVAL);
  request_body_release(&b);
  o.json = none;
  o.upload = "-";
  assert_int_equal(request_body_init(&b, &o, &error), UV_EINVAL);
  request_body_release(&b);
  o.upload = NULL;
  o.form = (const char *const[]){"a=b", NULL};
  assert_int_equal(request_body_init(&b, &o, &error), UV_EINVAL);
  request_body_release(&b);
}

/* Forms. */

/* What is sent of `form`; `|` in `want` stands for the boundary. */
static void assert_form(struct folder *f, const char *const *form, const char *want)
{
  static const char type[] = "multipart/form-data; boundary=";
  struct fetch_options o = no_options();
  struct request_body b;
  struct buffer text = {0};
  o.form = form;
  make(&b, &o);
  assert_string_equal(b.method, "POST");
  assert_memory_equal(b.content_type, type, strlen(type));
  const char *boundary = b.content_type + strlen(type);
  assert_true(strlen(boundary) >= 16 && strlen(boundary) <= 70); /* RFC 2046 5.1.1 */
  for (const char *c = want; *c; c++)
    buffer_append(&text, *c == '|' ? boundary : c, *c == '|' ? strlen(boundary) : 1);
  buffer_append(&text, "", 1);
  assert_sends(f->reactor, &b, (const char *)buffer_data(&text));
  buffer_release(&text);
  request_body_release(&b);
}

static void a_form_has_a_part_for_each_field(void **state)
{
  assert_form(*state, (const char *const[]){"a=b", "c=", "d=e=f\r\n;g", NULL},
              "--|\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
              "--|\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n\r\n"
              "--|\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\ne=f\r\n;g\r\n"
              "--|--\r\n");
}

static void a_form_takes_files_with_their_names_or_others(void **state)
{
  struct folder *f = *state;
  folder_put(f->dir, "a.txt", "content");
  folder_put(f->dir, "odd;name \"x\".txt", "odd");
  folder_put(f->dir, "empty", "");
  assert_form(f,
              (const char *const[]){
                  at(f, "x=@", "a.txt"), at(f, "y=@", "a.txt;type=text/plain;filename=b\"\r\n.txt"),
                  at(f, "z=@", "odd;name \"x\".txt"), at(f, "e=@", "empty"), NULL},
              "--|\r\nContent-Disposition: form-data; name=\"x\"; filename=\"a.txt\"\r\n"
              "Content-Type: application/octet-stream\r\n\r\ncontent\r\n"
              "--|\r\nContent-Disposition: form-data; name=\"y\"; filename=\"b%22%0D%0A.txt\"\r\n"
              "Content-Type: text/plain\r\n\r\ncontent\r\n"
              "--|\r\nContent-Disposition: form-data; name=\"z\"; "
              "filename=\"odd;name %22x%22.txt\"\r\n"
              "Content-Type: application/octet-stream\r\n\r\nodd\r\n"
              "--|\r\nContent-Disposition: form-data; name=\"e\"; filename=\"empty\"\r\n"
              "Content-Type: application/octet-stream\r\n\r\n\r\n"
              "--|--\r\n");
}

static void names_of_fields_cannot_leave_their_quotes(void **state)
{
  assert_form(*state, (const char *const[]){"a\"; x=\r\n\xc3\xa9\\=b", NULL},
              "--|\r\nContent-Disposition: form-data; name=\"a%22; x\"\r\n\r\n\r\n\xc3\xa9\\=b\r\n"
              "--|--\r\n");
  assert_form(*state, (const char *const[]){"a\r\nb\xc3\xa9\\=c", NULL},
              "--|\r\nContent-Disposition: form-data; name=\"a%0D%0Ab\xc3\xa9\\\"\r\n\r\nc\r\n"
              "--|--\r\n");
}

static void each_form_has_a_boundary_of_its_own(void **state)
{
  struct fetch_options o = no_options();
  struct request_body a, b;
  (void)state;
  o.form = (const char *const[]){"a=b", NULL};
  make(&a, &o);
  make(&b, &o);
  assert_string_not_equal(a.content_type, b.content_type);
  request_body_release(&a);
  request_body_release(&b);
}

static void fields_of_a_form_that_are_none_are_refused(void **state)
{
  static const char *const forms[] = {"",
                                      "a",
                                      "=b",
                                      "a=@",
                                      "a=@;type=text/plain",
                                      "a=@x;type=a\r\nb",
                                      "a=@x;type=text/plain;charset=x"};
  (void)state;
  for (size_t i = 0; i < LENGTH(forms); i++) {
    struct fetch_options o = no_options();
    struct request_body b;
    o.form = (const char *const[]){"x=y", forms[i], NULL};
    int err = request_body_init(&b, &o, &error);
    if (err != UV_EINVAL || !strstr(error.text, "--form"))
      fail_msg("%s: %s", forms[i], err ? error.text : "passes");
    request_body_release(&b);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(without_an_option_there_is_no_body),
      IN_FOLDER(data_are_joined),
      IN_FOLDER(JSON_comes_from_the_line_or_a_file),
      IN_FOLDER(an_uploaded_file_has_a_name_and_no_type),
      IN_FOLDER(stdin_is_uploaded_from_where_it_is),
      IN_FOLDER(a_stdin_that_does_not_block_is_waited_for),
      IN_FOLDER(an_upload_from_a_pipe_goes_in_chunks_and_once),
      IN_FOLDER(with_its_length_it_goes_as_it_is),
      IN_FOLDER(what_comes_only_once_can_be_sent_twice),
      IN_FOLDER(a_file_that_is_none_is_named),
      TEST(two_kinds_of_body_contradict_each_other),
      IN_FOLDER(a_form_has_a_part_for_each_field),
      IN_FOLDER(a_form_takes_files_with_their_names_or_others),
      IN_FOLDER(names_of_fields_cannot_leave_their_quotes),
      TEST(each_form_has_a_boundary_of_its_own),
      IN_FOLDER(fields_of_a_form_that_are_none_are_refused),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
