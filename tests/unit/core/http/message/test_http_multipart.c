/* multipart/form-data as a stream. */
#include "tests/unit/lib/harness.h"

#include "core/http/message/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_F     "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"
#define CONTENT    "multipart/form-data; boundary=b"

/* What the ops were told, as text: [name|filename:data] with a `]` only for a part that is whole;
 * the file's name is absent when the part is no file. */
struct parser {
  struct multipart m;
  struct buffer told;
  size_t calls; /* of data */
  int stop;     /* what the op that `stop_at` names says */
  char stop_at;
};

static struct parser *parser_of(struct multipart *m)
{
  return (struct parser *)((char *)m - offsetof(struct parser, m));
}

static int on_part(struct multipart *m, const char *name, const char *filename)
{
  struct parser *p = parser_of(m);
  buffer_printf(&p->told, "[%s%s%s:", name, filename ? "|" : "", filename ? filename : "");
  return p->stop_at == 'p' ? p->stop : 0;
}

static int on_data(struct multipart *m, const void *data, size_t n)
{
  struct parser *p = parser_of(m);
  assert_int_not_equal(n, 0);
  buffer_append(&p->told, data, n);
  p->calls++;
  return p->stop_at == 'd' ? p->stop : 0;
}

static int on_end(struct multipart *m)
{
  struct parser *p = parser_of(m);
  buffer_append(&p->told, "]", 1);
  return p->stop_at == 'e' ? p->stop : 0;
}

static const struct multipart_ops ops = {on_part, on_data, on_end};

static void parser_init(struct parser *p, const char *content_type)
{
  *p = (struct parser){0};
  assert_int_equal(multipart_init(&p->m, &ops, span_of(content_type)), 0);
}

static void parser_release(struct parser *p)
{
  multipart_release(&p->m);
  buffer_release(&p->told);
}

/* Feeds `n` bytes in pieces of `piece`, each a copy of its own, so that a look past its end is
 * seen. */
static int feed(struct parser *p, const char *body, size_t n, size_t piece)
{
  int err = 0;
  for (size_t at = 0; at < n && err == 0; at += piece) {
    size_t length = n - at < piece ? n - at : piece;
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, body + at, length);
    err = multipart_feed(&p->m, copy, length);
    free(copy);
  }
  return err;
}

/* Whether the ops were told so, whatever the pieces are. */
static void assert_tells(const char *content_type, const char *body, size_t n, const char *told,
                         int err, bool done)
{
  for (size_t piece = 1; piece <= n; piece++) {
    struct parser p;
    parser_init(&p, content_type);
    int result = feed(&p, body, n, piece);
    buffer_append(&p.told, "", 1);
    const char *got = (const char *)buffer_data(&p.told);
    if (result != err || p.m.done != done || strcmp(got, told) != 0)
      fail_msg("in pieces of %zu: %d, %d, %s\nnot %s\n%s", piece, result, p.m.done, got, told,
               body);
    if (err == UV_EPROTO)
      assert_non_null(p.m.reason);
    parser_release(&p);
  }
}

struct row {
  const char *body, *told;
};

static void parts_are_told_whatever_the_pieces_are(void **state)
{
  static const struct row rows[] = {
      {"--b\r\n" HEAD("a") "1\r\n--b--\r\n", "[a:1]"},
      {"--b\r\n" HEAD("a") "1\r\n--b\r\n" HEAD("c") "2\r\n--b--\r\n", "[a:1][c:2]"},
      {"--b\r\n" FILE_F "1\r\n--b--", "[f|x:1]"},
      {"--b\r\n" HEAD("a") "\r\n--b--", "[a:]"},
      {"--b\r\n" HEAD("a") "--b--", "[a:]"}, /* the head's empty line ends it too */
      {"--b\r\n" HEAD("a") "--b\r\n" HEAD("c") "--b--", "[a:][c:]"},
      {"--b--", ""},
      {"--b--anything\r\n--b\r\n", ""}, /* RFC 2046 5.1.1: the epilogue is ignored */
      {"preamble\r\nmore\r\n--b\r\n" HEAD("a") "1\r\n--b--", "[a:1]"},
      {"\r\n--b\r\n" HEAD("a") "1\r\n--b--", "[a:1]"},
      {"x--b\r\n\r\n--b\r\n" HEAD("a") "1\r\n--b--", "[a:1]"},
      {"--b \t \r\n" HEAD("a") "1\r\n--b--", "[a:1]"}, /* padding */
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_tells(CONTENT, rows[i].body, strlen(rows[i].body), rows[i].told, 0, true);
}

static void a_name_may_come_encoded(void **state)
{
  static const struct {
    const char *parameters, *told; /* NULL: malformed */
  } rows[] = {
      {"name=a; filename*=UTF-8''%C3%A4%20b.txt", "[a|\u00e4 b.txt:1]"},
      {"name=a; filename*=utf-8'en-GB'x.txt", "[a|x.txt:1]"},
      {"name=a; filename*=\"utf-8''x%2Ey\"", "[a|x.y:1]"},
      {"name=a; filename*=iso-8859-1''%A3%20rates", "[a|\u00a3 rates:1]"},
      {"name*=utf-8''%C3%A4; filename*=utf-8''x", "[\u00e4|x:1]"},
      {"name=a; filename=\"=?utf-8?B?w6Q=?=\"; filename*=utf-8''%C3%A4", "[a|\u00e4:1]"},
      {"name=a; filename*=utf-8''%C3%A4; filename=plain", "[a|\u00e4:1]"},
      {"name=a; filename*=utf-8''%C3; filename=plain", "[a|plain:1]"},
      {"name=a; filename*=utf-8''", "[a|:1]"},
      {"name=a; filename*=utf-8''%C3", NULL},
      {"name=a; filename*=utf-8''%00", NULL},
      {"name=a; filename*=utf-8''%4", NULL},
      {"name=a; filename*=\"utf-8''a b\"", NULL},
      {"name=a; filename*=koi8-r''x", NULL},
      {"name=a; filename*=utf-8'x", NULL},
      {"name=a; filename*=x", NULL},
      {"name=a; filename*=", NULL},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char body[512];
    int n =
        snprintf(body, sizeof body, "--b\r\nContent-Disposition: form-data; %s\r\n\r\n1\r\n--b--",
                 rows[i].parameters);
    bool good = rows[i].told != NULL;
    assert_tells(CONTENT, body, (size_t)n, good ? rows[i].told : "", good ? 0 : UV_EPROTO, good);
  }
}

static void what_only_looks_like_a_boundary_is_data(void **state)
{
  static const struct row rows[] = {
      {"\r", "\r"},
      {"\n", "\n"},
      {"\r\n", "\r\n"},
      {"\r\n\r\n", "\r\n\r\n"},
      {"\r\r\n", "\r\r\n"},
      {"1\r\n-", "1\r\n-"},
      {"1\r\n--", "1\r\n--"},
      {"1\r\n--c", "1\r\n--c"},
      {"1\r\n-\r\n--\r\n--c\r", "1\r\n-\r\n--\r\n--c\r"},
      {"1--b", "1--b"},
      {"1\n--b", "1\n--b"},
      {"1\r--b", "1\r--b"},
      {"1\r\n --b", "1\r\n --b"},
      {"-", "-"}, /* where the head's line end could begin one */
      {"--", "--"},
      {"--c", "--c"},
      {"\r\n--", "\r\n--"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char body[256], told[256];
    snprintf(body, sizeof body, "--b\r\n" HEAD("a") "%s\r\n--b--", rows[i].body);
    snprintf(told, sizeof told, "[a:%s]", rows[i].told);
    assert_tells(CONTENT, body, strlen(body), told, 0, true);
  }
}

/* RFC 7578 4: a field, a file, and a file that nobody chose. */
static void what_browsers_send_is_read(void **state)
{
  static const char body[] =
      "------WebKitFormBoundaryePkpFF7tjBAqx29L\r\n"
      "Content-Disposition: form-data; name=\"MAX_FILE_SIZE\"\r\n\r\n"
      "100000\r\n"
      "------WebKitFormBoundaryePkpFF7tjBAqx29L\r\n"
      "content-disposition: form-data; name=\"file\"; filename=\"hello %22w%22.txt\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n"
      "Hello\r\n\r\n-- world\r\n\r\n"
      "------WebKitFormBoundaryePkpFF7tjBAqx29L\r\n"
      "Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n\r\n"
      "------WebKitFormBoundaryePkpFF7tjBAqx29L--\r\n";
  (void)state;
  assert_tells(
      "multipart/form-data; boundary=----WebKitFormBoundaryePkpFF7tjBAqx29L", body, sizeof body - 1,
      "[MAX_FILE_SIZE:100000][file|hello %22w%22.txt:Hello\r\n\r\n-- world\r\n][none|:]", 0, true);
}

static void a_body_that_is_cut_is_not_done(void **state)
{
  static const char body[] = "--b\r\n" HEAD("a") "1\r\n--b-";
  static const struct {
    size_t missing;
    const char *told;
  } rows[] = {{0, "[a:1]"}, {1, "[a:1]"}, {2, "[a:1"}, {5, "[a:1"},
              {6, "[a:1"},  {7, "[a:"},   {8, ""}};
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_tells(CONTENT, body, sizeof body - 1 - rows[i].missing, rows[i].told, 0, false);
}

static void a_malformed_body_is_refused(void **state)
{
  static const struct row rows[] = {
      {"--bx\r\n" HEAD("a") "1\r\n--b--", ""},
      {"--b\n" HEAD("a") "1\r\n--b--", ""},
      {"--b\rx", ""},
      {"--b-x", ""},
      {"--b -", ""},
      {"--b\r\n\r\n1\r\n--b--", ""},                                   /* no head */
      {"--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--", ""},       /* no disposition */
      {"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", ""}, /* no name */
      {"--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--", ""},
      {"--b\r\nContent-Disposition: form-data; name=a; filename=\"x\r\n\r\n1\r\n--b--", ""},
      {"--b\r\nContent-Disposition: form-data; name=a; filename=x y\r\n\r\n1\r\n--b--", ""},
      {"--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--", ""},
      {"--b\r\nContent-Disposition: form-data; name=a\r\n"
       "Content-Disposition: form-data; name=b\r\n\r\n1\r\n--b--",
       ""},
      {"--b\r\nno colon\r\n\r\n1\r\n--b--", ""},
      {"--b\r\n folded: x\r\n" HEAD("a") "1\r\n--b--", ""},
      {"--b\r\n" HEAD("a") "1\r\n--bx", "[a:1]"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_tells(CONTENT, rows[i].body, strlen(rows[i].body), rows[i].told, UV_EPROTO, false);
}

static void the_boundary_is_as_RFC_2046_says(void **state)
{
  static const struct {
    const char *type;
    int err;
  } rows[] = {
      {"multipart/form-data; boundary=b", 0},
      {"Multipart/Form-Data;charset=utf-8;BOUNDARY=\"b\"", 0},
      {"multipart/form-data; boundary=\"a b\"", 0},
      {"multipart/form-data; boundary=\"'()+_,-./:=?\"", 0},
      {"multipart/form-data; boundary="
       "1234567890123456789012345678901234567890123456789012345678901234567890",
       0},
      {"multipart/form-data; boundary="
       "12345678901234567890123456789012345678901234567890123456789012345678901",
       UV_EPROTO},
      {"multipart/form-data", UV_EPROTO},
      {"multipart/form-data; boundary=", UV_EPROTO},
      {"multipart/form-data; boundary=\"\"", UV_EPROTO},
      {"multipart/form-data; boundary=\"a \"", UV_EPROTO},
      {"multipart/form-data; boundary=\"a\rb\"", UV_EPROTO},
      {"multipart/form-data; boundary=\"a\\\"b\"", UV_EPROTO},
      {"multipart/form-data; boundary=\"\xc3\xa9\"", UV_EPROTO},
      {"multipart/form-data; boundary=a;b", 0},
      {"multipart/form-data; boundary=\"b", UV_EPROTO},
      {"multipart/mixed; boundary=b", UV_EPROTO},
      {"multipart/form-datax; boundary=b", UV_EPROTO},
      {"application/x-www-form-urlencoded", UV_EPROTO},
      {"", UV_EPROTO},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct multipart m;
    if (multipart_init(&m, &ops, span_of(rows[i].type)) != rows[i].err)
      fail_msg("%s: not %d", rows[i].type, rows[i].err);
  }
}

/* A head of exactly `length` bytes with its empty line. */
static char *long_head(size_t length)
{
  static const char start[] = "--b\r\nX: ", end[] = "\r\n" HEAD("a");
  size_t fill = length - (sizeof start - 1 - 5) - (sizeof end - 1);
  char *body = malloc(length + 64);
  assert_non_null(body);
  memcpy(body, start, sizeof start);
  memset(body + sizeof start - 1, 'x', fill);
  strcpy(body + sizeof start - 1 + fill, end);
  assert_int_equal(strlen(body), length + 5);
  return strcat(body, "1\r\n--b--");
}

static void the_head_of_a_part_is_bounded(void **state)
{
  static const size_t pieces[] = {1, 7, 4096, 100000};
  (void)state;
  for (size_t i = 0; i < LENGTH(pieces); i++) {
    for (int more = 0; more <= 1; more++) {
      struct parser p;
      char *body = long_head((size_t)MULTIPART_LONGEST_HEAD + (size_t)more);
      parser_init(&p, CONTENT);
      assert_int_equal(feed(&p, body, strlen(body), pieces[i]), more ? UV_EPROTO : 0);
      assert_int_equal(p.m.done, !more);
      if (more)
        assert_string_equal(p.m.reason, "the head of a part is too long");
      parser_release(&p);
      free(body);
    }
  }
}

static void the_data_of_one_piece_is_given_in_one(void **state)
{
  static const char body[] = "--b\r\n" HEAD("a") "12\r3\r\n4\r\n-5\r\n--6\r\n--b--";
  struct parser p;
  (void)state;
  parser_init(&p, CONTENT);
  assert_int_equal(feed(&p, body, sizeof body - 1, sizeof body), 0);
  assert_int_equal(p.calls, 1);
  parser_release(&p);
}

static void an_op_can_stop(void **state)
{
  static const char body[] = "--b\r\n" HEAD("a") "1\r\n--b\r\n" HEAD("c") "2\r\n--b--";
  static const struct {
    char stop_at;
    const char *told;
  } rows[] = {{'p', "[a:"}, {'d', "[a:1"}, {'e', "[a:1]"}};
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    for (size_t piece = 1; piece < sizeof body; piece++) {
      struct parser p;
      parser_init(&p, CONTENT);
      p.stop_at = rows[i].stop_at;
      p.stop = UV_ENOSPC;
      assert_int_equal(feed(&p, body, sizeof body - 1, piece), UV_ENOSPC);
      buffer_append(&p.told, "", 1);
      assert_string_equal((const char *)buffer_data(&p.told), rows[i].told);
      parser_release(&p);
    }
  }
}

static void bytes_of_every_value_pass(void **state)
{
  char body[1024];
  size_t n = (size_t)snprintf(body, sizeof body, "--b\r\n" HEAD("a"));
  struct parser p;
  (void)state;
  for (int byte = 0; byte < 256; byte++)
    body[n++] = (char)byte;
  strcpy(body + n, "\r\n--b--");
  parser_init(&p, CONTENT);
  assert_int_equal(feed(&p, body, n + 7, 5), 0);
  assert_int_equal(p.told.length, 3 + 256 + 1);
  for (int byte = 0; byte < 256; byte++)
    assert_int_equal(buffer_data(&p.told)[3 + byte], byte);
  assert_true(p.m.done);
  parser_release(&p);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(parts_are_told_whatever_the_pieces_are),
      TEST(a_name_may_come_encoded),
      TEST(what_only_looks_like_a_boundary_is_data),
      TEST(what_browsers_send_is_read),
      TEST(a_body_that_is_cut_is_not_done),
      TEST(a_malformed_body_is_refused),
      TEST(the_boundary_is_as_RFC_2046_says),
      TEST(the_head_of_a_part_is_bounded),
      TEST(the_data_of_one_piece_is_given_in_one),
      TEST(an_op_can_stop),
      TEST(bytes_of_every_value_pass),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
