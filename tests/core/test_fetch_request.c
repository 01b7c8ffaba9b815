/* What fetch sends: exact heads, what may not stand in them, and bodies. */
#include "folder.h"
#include "harness.h"

#include "cmd/fetch/body.h"
#include "cmd/fetch/request.h"
#include "core/async_chat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGENT "User-Agent: anet/" ANET_VERSION "\r\n"

static const char *const none[] = {NULL};

static struct error error;

static struct fetch_options no_options(void)
{
  return (struct fetch_options){.headers = none, .data = none, .form = none};
}

/* Heads. */

/* A request of the URL, with everything that a test may change. */
struct asked {
  struct fetch_options options;
  struct fetch fetch;
  struct fetch_body body;
  struct http_url url, origin, proxy;
  struct request request;
};

static void parse(struct http_url *u, const char *text)
{
  if (http_url_parse(u, span_of(text), &error))
    fail_msg("%s", error.text);
}

static void ask(struct asked *a, const char *url)
{
  *a = (struct asked){.options = no_options()};
  a->fetch = (struct fetch){.options = &a->options, .body = &a->body};
  parse(&a->url, url);
  parse(&a->origin, url);
  a->request = (struct request){.url = &a->url, .origin = &a->origin, .method = "GET"};
}

static void go_to(struct asked *a, const char *url)
{
  http_url_release(&a->url);
  parse(&a->url, url);
}

static void through(struct asked *a, const char *proxy)
{
  parse(&a->proxy, proxy);
  a->request.proxy = &a->proxy;
}

static void assert_prints(struct asked *a, const char *want)
{
  struct buffer out = {0};
  assert_int_equal(request_check(&a->options, &error), 0);
  assert_int_equal(request_print(&out, &a->fetch, &a->request), 0);
  buffer_append(&out, "", 1);
  assert_string_equal((const char *)buffer_data(&out), want);
  buffer_release(&out);
}

static void done_with(struct asked *a)
{
  http_url_release(&a->url);
  http_url_release(&a->origin);
  if (a->request.proxy)
    http_url_release(&a->proxy);
}

static void a_URL_is_asked_for(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://Example.com/a%20b?c=d#e");
  assert_prints(&a, "GET /a%20b?c=d HTTP/1.1\r\n"
                    "Host: example.com\r\n" AGENT "Accept: */*\r\n"
                    "Accept-Encoding: identity\r\n"
                    "Connection: close\r\n\r\n");
  done_with(&a);
}

static void the_host_has_the_port_unless_it_is_the_schemes(void **state)
{
  static const struct {
    const char *url, *host;
  } rows[] = {
      {"http://a:80/", "Host: a\r\n"},   {"http://a:443/", "Host: a:443\r\n"},
      {"https://a:443/", "Host: a\r\n"}, {"http://[::1]:8080/", "Host: [::1]:8080\r\n"},
      {"http://u:p@a/", "Host: a\r\n"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct asked a;
    struct buffer out = {0};
    ask(&a, rows[i].url);
    assert_int_equal(request_print(&out, &a.fetch, &a.request), 0);
    buffer_append(&out, "", 1);
    const char *host = strstr((const char *)buffer_data(&out), "Host:");
    assert_non_null(host);
    assert_memory_equal(host, rows[i].host, strlen(rows[i].host));
    buffer_release(&out);
    done_with(&a);
  }
}

static void a_raw_request_is_as_short_as_can_be(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://a/b");
  a.fetch.raw = true;
  assert_prints(&a, "GET /b HTTP/1.0\r\nHost: a\r\n\r\n");
  a.options.agent = "me/1";
  assert_prints(&a, "GET /b HTTP/1.0\r\nHost: a\r\nUser-Agent: me/1\r\n\r\n");
  done_with(&a);
}

static void options_change_the_head(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://a/");
  a.options.http10 = true;
  a.options.agent = "me/1";
  a.options.range = "0-99";
  a.request.method = "PURGE";
  a.request.decodes = true;
  assert_prints(&a, "PURGE / HTTP/1.0\r\nHost: a\r\nUser-Agent: me/1\r\nAccept: */*\r\n"
                    "Accept-Encoding: gzip, deflate\r\nConnection: close\r\n"
                    "Range: bytes=0-99\r\n\r\n");
  done_with(&a);
}

static void own_fields_add_replace_and_remove(void **state)
{
  static const char *const headers[] = {"X-One: 1",
                                        "x-two:2 ",
                                        "X-Empty;",
                                        "Accept:",
                                        "Accept-Language:   en, de\t",
                                        "user-agent: me",
                                        "HOST: other:1",
                                        "X-One: again",
                                        "connection: keep-alive",
                                        NULL};
  struct asked a;
  (void)state;
  ask(&a, "http://a/");
  a.options.headers = headers;
  assert_prints(&a, "GET / HTTP/1.1\r\n"
                    "Accept-Encoding: identity\r\n"
                    "X-One: 1\r\n"
                    "x-two: 2\r\n"
                    "X-Empty: \r\n"
                    "Accept-Language: en, de\r\n"
                    "user-agent: me\r\n"
                    "HOST: other:1\r\n"
                    "X-One: again\r\n"
                    "connection: keep-alive\r\n\r\n");
  assert_true(request_has_own(&a.options, "accept"));
  assert_true(request_has_own(&a.options, "x-empty"));
  assert_false(request_has_own(&a.options, "accept-encoding"));
  done_with(&a);
}

static void a_part_is_asked_for_the_rest(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://a/");
  a.fetch.raw = true; /* for a short head */
  a.request.resume_from = 5000000000;
  a.request.if_range = "\"v1\"";
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nRange: bytes=5000000000-\r\n"
                    "If-Range: \"v1\"\r\n\r\n");
  done_with(&a);
}

/* `Aladdin:open sesame` of RFC 7617 2. */
static void credentials_of_the_URL_or_the_option_are_sent(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://Aladdin:open%20sesame@a/");
  a.fetch.raw = true;
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\n"
                    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  a.options.user = "a:b"; /* before those of the URL */
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n");
  a.options.user = "a:";
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic YTo=\r\n\r\n");
  a.options.headers = (const char *const[]){"Authorization: Bearer x", NULL};
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n");
  a.options.headers = (const char *const[]){"Authorization:", NULL};
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  done_with(&a);
  ask(&a, "http://u@a/");
  a.fetch.raw = true;
  assert_prints(&a, "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic dTo=\r\n\r\n");
  done_with(&a);
}

static void what_is_meant_for_the_origin_goes_nowhere_else(void **state)
{
  static const char *const places[] = {"http://b/c", "http://a:81/c", "https://a/c",
                                       "http://u:p@b/c"};
  static const char *const hosts[] = {"b", "a:81", "a", "b"};
  static const char *const headers[] = {"authorization: x", "COOKIE: x", "Proxy-Authorization: x",
                                        "Host: x",          "X-Y: z",    NULL};
  struct asked a;
  char want[128];
  (void)state;
  ask(&a, "http://u:p@a/");
  a.fetch.raw = true;
  for (size_t i = 0; i < LENGTH(places); i++) {
    go_to(&a, places[i]);
    a.options = no_options();
    a.options.user = "u:p";
    snprintf(want, sizeof want, "GET /c HTTP/1.0\r\nHost: %s\r\n\r\n", hosts[i]);
    assert_prints(&a, want);
    a.options.headers = headers;
    snprintf(want, sizeof want, "GET /c HTTP/1.0\r\nHost: %s\r\nX-Y: z\r\n\r\n", hosts[i]);
    assert_prints(&a, want);
  }
  go_to(&a, "http://A:80/c"); /* and back */
  a.options.headers = none;
  assert_prints(&a, "GET /c HTTP/1.0\r\nHost: a\r\nAuthorization: Basic dTpw\r\n\r\n");
  done_with(&a);
}

static void a_proxy_is_asked_for_the_whole_URL(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://u:p@a:8080/b?c");
  a.fetch.raw = true;
  through(&a, "http://proxy:3128");
  assert_prints(&a, "GET http://a:8080/b?c HTTP/1.0\r\nHost: a:8080\r\n"
                    "Authorization: Basic dTpw\r\n\r\n");
  done_with(&a);

  ask(&a, "http://a/");
  a.fetch.raw = true;
  through(&a, "http://x:y@proxy:3128");
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  go_to(&a, "http://b/"); /* the proxy is the same */
  assert_prints(&a, "GET http://b/ HTTP/1.0\r\nHost: b\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  done_with(&a);
}

static void own_credentials_for_a_proxy_replace_those_of_its_URL(void **state)
{
  struct asked a;
  (void)state;
  ask(&a, "http://a/");
  a.fetch.raw = true;
  through(&a, "http://x:y@proxy:3128");
  a.options.headers = (const char *const[]){"Proxy-Authorization: Bearer z", NULL};
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\nProxy-Authorization: Bearer z\r\n\r\n");
  a.options.headers = (const char *const[]){"proxy-authorization:", NULL};
  assert_prints(&a, "GET http://a/ HTTP/1.0\r\nHost: a\r\n\r\n");
  done_with(&a);
}

static void a_body_is_announced(void **state)
{
  char type[] = "text/x";
  struct asked a;
  (void)state;
  ask(&a, "http://a/");
  a.fetch.raw = true;
  a.body = (struct fetch_body){.present = true, .length = 5000000000, .content_type = type};
  a.request.method = "POST";
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\n\r\n"); /* a redirect took it away */
  a.request.sends_body = true;
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5000000000\r\n"
                    "Content-Type: text/x\r\n\r\n");
  a.options.headers = (const char *const[]){"content-type: own", NULL};
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5000000000\r\n"
                    "content-type: own\r\n\r\n");
  a.options.headers = none;
  a.body = (struct fetch_body){.present = true, .accept = "application/json"};
  assert_prints(&a, "POST / HTTP/1.0\r\nHost: a\r\nAccept: application/json\r\n"
                    "Content-Length: 0\r\n\r\n");
  done_with(&a);
}

/* What may not stand in a head. */

static void assert_refused(const struct fetch_options *o, const char *option)
{
  int err = request_check(o, &error);
  if (err != UV_EINVAL || strncmp(error.text, option, strlen(option)) != 0)
    fail_msg("%d %s: %s", err, option, err ? error.text : "passes");
  for (const char *at = error.text; *at; at++)
    assert_true(*at != '\r');
}

static void fields_that_are_none_are_refused(void **state)
{
  static const char *const headers[] = {
      "",
      "x",
      ":",
      ": x",
      "X Y: z",
      "X : z",
      " X: z",
      "X: a\r\nY: b",
      "X: a\nb",
      "X: a\rb",
      "X\r\n: y",
      "X: \x01",
      "X: \x7f",
      "X;y",
      "\xc3\xa9: x",
      "Content-Length: 3",
      "content-length:",
      "Content-Length;",
      "TRANSFER-ENCODING: chunked",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(headers); i++) {
    struct fetch_options o = no_options();
    o.headers = (const char *const[]){"X-Fine: x", headers[i], NULL};
    assert_refused(&o, "--header");
  }
}

static void other_options_are_held_to_what_a_head_takes(void **state)
{
  static const char *const methods[] = {"", "GET /x", "A\r\nB", "G(T", "\xc3\xa9"};
  static const char *const agents[] = {"a\r\nb", "a\nb", " a", "a ", "a\x1b"};
  static const char *const users[] = {"", "name", "a:b\r\nX: y", "a\n:b"};
  static const char *const ranges[] = {"", "5", "a-b", "0-9\r\nX: y", "bytes=0-9", "0-9;"};
  struct fetch_options o;
  (void)state;
  for (size_t i = 0; i < LENGTH(methods); i++) {
    o = no_options();
    o.method = methods[i];
    assert_refused(&o, "--method");
  }
  for (size_t i = 0; i < LENGTH(agents); i++) {
    o = no_options();
    o.agent = agents[i];
    assert_refused(&o, "--user-agent");
  }
  for (size_t i = 0; i < LENGTH(users); i++) {
    o = no_options();
    o.user = users[i];
    assert_refused(&o, "--user");
  }
  for (size_t i = 0; i < LENGTH(ranges); i++) {
    o = no_options();
    o.range = ranges[i];
    assert_refused(&o, "--range");
  }
}

static void what_may_stand_there_passes(void **state)
{
  struct fetch_options o = no_options();
  (void)state;
  assert_int_equal(request_check(&o, &error), 0);
  o.method = "M-SEARCH";
  o.agent = "a b\t\xc3\xa9";
  o.user = "a:b:c d";
  o.range = "0-9,20-, -5";
  o.headers = (const char *const[]){"X:", "X;", "X: a: b; c", "X: \xff", "!#$%: x", NULL};
  assert_int_equal(request_check(&o, &error), 0);
}

/* Bodies. */

static void drop(struct async_chat *c)
{
  async_chat_close(c);
}

/* All that is sent of it, in memory to be freed, with a NUL behind. */
static char *sent(struct reactor *r, const struct fetch_body *b, size_t *n)
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
  assert_int_equal(fetch_body_produce(b, &producers), 0);
  while ((node = list_pop(&producers)) != NULL)
    assert_int_equal(async_chat_push_with_producer(&c, container_of(node, struct producer, link)),
                     0);
  for (*n = 0; !list_empty(&c.queue); *n += take(fds[1], got + *n, (size_t)b->length + 99 - *n))
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
static void assert_sends(struct reactor *r, const struct fetch_body *b, const char *want)
{
  for (int time = 0; time < 2; time++) {
    size_t n;
    char *got = sent(r, b, &n);
    assert_int_equal(b->length, strlen(want));
    assert_string_equal(got, want);
    free(got);
  }
}

static void make(struct fetch_body *b, const struct fetch_options *o)
{
  if (fetch_body_init(b, o, &error))
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
  struct fetch_body b;
  struct list producers;
  (void)state;
  make(&b, &o);
  assert_false(b.present);
  assert_null(b.content_type);
  list_init(&producers);
  assert_int_equal(fetch_body_produce(&b, &producers), 0);
  assert_true(list_empty(&producers));
  fetch_body_release(&b);
}

static void data_are_joined(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct fetch_body b;
  folder_put(f->dir, "file", "from a\nfile\n");
  folder_put(f->dir, "empty", "");
  o.data = (const char *const[]){"a=b", at(f, "@", "file"), at(f, "@", "empty"), "", "c@d", NULL};
  make(&b, &o);
  assert_true(b.present);
  assert_string_equal(b.method, "POST");
  assert_string_equal(b.content_type, "application/x-www-form-urlencoded");
  assert_null(b.accept);
  assert_sends(f->reactor, &b, "a=b&from a\nfile\n&&&c@d");
  fetch_body_release(&b);

  o.data = (const char *const[]){"", NULL};
  make(&b, &o);
  assert_true(b.present); /* an empty one is one */
  assert_sends(f->reactor, &b, "");
  fetch_body_release(&b);
}

static void JSON_comes_from_the_line_or_a_file(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct fetch_body b;
  o.json = "{\"a\": 1}";
  make(&b, &o);
  assert_string_equal(b.method, "POST");
  assert_string_equal(b.content_type, "application/json");
  assert_string_equal(b.accept, "application/json");
  assert_sends(f->reactor, &b, "{\"a\": 1}");
  fetch_body_release(&b);
  folder_put(f->dir, "file", "[2]\n");
  o.json = at(f, "@", "file");
  make(&b, &o);
  assert_sends(f->reactor, &b, "[2]\n");
  fetch_body_release(&b);
}

static void an_uploaded_file_has_a_name_and_no_type(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct fetch_body b;
  folder_put(f->dir, "a b", "content");
  o.upload = at(f, "", "a b");
  make(&b, &o);
  assert_string_equal(b.method, "PUT");
  assert_string_equal(b.upload_name, "a b");
  assert_null(b.content_type);
  assert_sends(f->reactor, &b, "content");
  fetch_body_release(&b);
}

/* `fd` is stdin while the body is made. */
static void make_of_stdin(struct fetch_body *b, const struct fetch_options *o, int fd)
{
  int before = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
  int err = fetch_body_init(b, o, &error);
  if (before >= 0) {
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
  }
  assert_int_equal(err, 0);
}

static void stdin_is_uploaded_from_where_it_is(void **state)
{
  struct fetch_options o = no_options();
  struct fetch_body b;
  int fd = temporary_file();
  put(fd, "read already;the rest");
  o.upload = "-";
  for (int i = 0; i < 3; i++) {
    static const off_t offsets[] = {13, 21, 30}; /* the end, and one behind it */
    lseek(fd, offsets[i], SEEK_SET);
    make_of_stdin(&b, &o, fd);
    assert_null(b.upload_name);
    assert_string_equal(b.method, "PUT");
    assert_sends(((struct folder *)*state)->reactor, &b, i == 0 ? "the rest" : "");
    fetch_body_release(&b);
  }
  o = no_options();
  o.data = (const char *const[]){"a", "@-", NULL};
  lseek(fd, 13, SEEK_SET);
  make_of_stdin(&b, &o, fd);
  assert_sends(((struct folder *)*state)->reactor, &b, "a&the rest");
  fetch_body_release(&b);
  close(fd);
}

/* Opening a FIFO waits for the other side. */
static void write_to_fifo(void *path)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  put(fd, "through a FIFO");
  close(fd);
}

static void what_comes_only_once_can_be_sent_twice(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct fetch_body b;
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  put(ends[1], "through a pipe");
  close(ends[1]);
  o.upload = "-";
  make_of_stdin(&b, &o, ends[0]);
  close(ends[0]);
  assert_sends(f->reactor, &b, "through a pipe");
  fetch_body_release(&b);

  uv_thread_t writer;
  folder_fifo(f->dir, "fifo");
  o.upload = at(f, "", "fifo");
  assert_int_equal(uv_thread_create(&writer, write_to_fifo, (void *)o.upload), 0);
  make(&b, &o);
  uv_thread_join(&writer);
  assert_string_equal(b.upload_name, "fifo");
  assert_sends(f->reactor, &b, "through a FIFO");
  fetch_body_release(&b);
}

static void a_file_that_is_none_is_named(void **state)
{
  struct folder *f = *state;
  struct fetch_options o = no_options();
  struct fetch_body b;
  folder_sub(f->dir, "sub");
  o.upload = at(f, "", "none");
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_ENOENT);
  assert_non_null(strstr(error.text, o.upload));
  fetch_body_release(&b);
  o.upload = at(f, "", "sub");
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_EISDIR);
  fetch_body_release(&b);
  o = no_options();
  o.data = (const char *const[]){"a", at(f, "@", "none"), NULL};
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_ENOENT);
  fetch_body_release(&b);
  o = no_options();
  o.form = (const char *const[]){"a=b", at(f, "a=@", "none"), NULL};
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_ENOENT);
  fetch_body_release(&b);
}

static void two_kinds_of_body_contradict_each_other(void **state)
{
  struct fetch_options o = no_options();
  struct fetch_body b;
  (void)state;
  o.data = (const char *const[]){"a", NULL};
  o.json = "{}";
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_EINVAL);
  fetch_body_release(&b);
  o.json = NULL;
  o.upload = "-";
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_EINVAL);
  fetch_body_release(&b);
  o.upload = NULL;
  o.form = (const char *const[]){"a=b", NULL};
  assert_int_equal(fetch_body_init(&b, &o, &error), UV_EINVAL);
  fetch_body_release(&b);
}

/* Forms. */

/* What is sent of `form`; `|` in `want` stands for the boundary. */
static void assert_form(struct folder *f, const char *const *form, const char *want)
{
  static const char type[] = "multipart/form-data; boundary=";
  struct fetch_options o = no_options();
  struct fetch_body b;
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
  fetch_body_release(&b);
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
  struct fetch_body a, b;
  (void)state;
  o.form = (const char *const[]){"a=b", NULL};
  make(&a, &o);
  make(&b, &o);
  assert_string_not_equal(a.content_type, b.content_type);
  fetch_body_release(&a);
  fetch_body_release(&b);
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
    struct fetch_body b;
    o.form = (const char *const[]){"x=y", forms[i], NULL};
    int err = fetch_body_init(&b, &o, &error);
    if (err != UV_EINVAL || !strstr(error.text, "--form"))
      fail_msg("%s: %s", forms[i], err ? error.text : "passes");
    fetch_body_release(&b);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(a_URL_is_asked_for),
      TEST(the_host_has_the_port_unless_it_is_the_schemes),
      TEST(a_raw_request_is_as_short_as_can_be),
      TEST(options_change_the_head),
      TEST(own_fields_add_replace_and_remove),
      TEST(a_part_is_asked_for_the_rest),
      TEST(credentials_of_the_URL_or_the_option_are_sent),
      TEST(what_is_meant_for_the_origin_goes_nowhere_else),
      TEST(a_proxy_is_asked_for_the_whole_URL),
      TEST(own_credentials_for_a_proxy_replace_those_of_its_URL),
      TEST(a_body_is_announced),
      TEST(fields_that_are_none_are_refused),
      TEST(other_options_are_held_to_what_a_head_takes),
      TEST(what_may_stand_there_passes),
      TEST(without_an_option_there_is_no_body),
      IN_FOLDER(data_are_joined),
      IN_FOLDER(JSON_comes_from_the_line_or_a_file),
      IN_FOLDER(an_uploaded_file_has_a_name_and_no_type),
      IN_FOLDER(stdin_is_uploaded_from_where_it_is),
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
