/* The page that shows a folder, for people and for programs, and the order in it. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/listing_page.h"
#include "cmd/serve/natural_order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

enum { WHEN = 1795248600 }; /* 2026-11-21 08:10:00 UTC */

/* The page of the test's folder, as text, till it is asked for another. */
static const char *page(const struct folder *f, const struct listing *listing)
{
  static char text[256 * 1024];
  struct buffer out = {0};
  assert_int_equal(listing_page_print(&out, f->dir, listing), 0);
  assert_true(out.length < sizeof text);
  memcpy(text, buffer_data(&out), out.length);
  text[out.length] = '\0';
  assert_int_equal(strlen(text), out.length);
  buffer_release(&out);
  return text;
}

static void put_at(const struct folder *f, const char *name, const char *text, time_t when)
{
  const struct timespec times[2] = {{when, 0}, {when, 0}};
  if (text)
    folder_put(f->dir, name, text);
  else
    folder_sub(f->dir, name);
  assert_int_equal(utimensat(f->dir, name, times, 0), 0);
}

static void assert_has(const char *text, const char *part)
{
  if (!strstr(text, part))
    fail_msg("there is no\n%s\nin\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
  if (strstr(text, part))
    fail_msg("there is\n%s\nin\n%s", part, text);
}

static size_t count(const char *text, const char *part)
{
  size_t n = 0;
  for (; (text = strstr(text, part)); text++)
    n++;
  return n;
}

static void names_are_in_the_order_of_the_eye(void **state)
{
  static const char *const order[] = {
      "",
      " a",
      "-",
      "0",
      "00",
      "01",
      "1",
      "1 a",
      "1a",
      "02",
      "2",
      "9",
      "10",
      "0100",
      "100",
      "a",
      "A1",
      "a1",
      "A01b",
      "A1B",
      "a1b",
      "A2",
      "a2b",
      "a10",
      "a10.5",
      "a10.05x",
      "a10.10",
      "ab",
      "b",
      "B1",
      "v1",
      "v1.9",
      "v1.10",
      "v18446744073709551615",
      "v18446744073709551616",
      "v99999999999999999999",
      "v100000000000000000000",
      "x_",
      "xa",
      "~",
      "\xc3\xa4",
      "\xff",
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(order); i++) {
    for (size_t k = 0; k < LENGTH(order); k++) {
      int got = natural_order_compare(order[i], order[k]);
      if ((got > 0) - (got < 0) != (i > k) - (i < k))
        fail_msg("'%s' and '%s': %d", order[i], order[k], got);
    }
  }
}

static void a_page_shows_folders_first_and_then_files(void **state)
{
  const struct folder *f = *state;
  put_at(f, "file10.txt", "1234567890", WHEN);
  put_at(f, "File9.txt", "1", WHEN + 59);
  put_at(f, "z", NULL, WHEN + 60);
  put_at(f, "a", NULL, -1);
  put_at(f, "empty", "", 951782400);
  assert_has(page(f, &(struct listing){.path = ""}),
             "<tbody>\n"
             "<tr><td><a href=\"./a/\">a/</a></td><td></td>"
             "<td><time datetime=\"1969-12-31T23:59:59Z\">1969-12-31 23:59</time></td></tr>\n"
             "<tr><td><a href=\"./z/\">z/</a></td><td></td>"
             "<td><time datetime=\"2026-11-21T08:11:00Z\">2026-11-21 08:11</time></td></tr>\n"
             "<tr><td><a href=\"./empty\">empty</a></td><td title=\"0 bytes\">0 B</td>"
             "<td><time datetime=\"2000-02-29T00:00:00Z\">2000-02-29 00:00</time></td></tr>\n"
             "<tr><td><a href=\"./File9.txt\">File9.txt</a></td><td title=\"1 byte\">1 B</td>"
             "<td><time datetime=\"2026-11-21T08:10:59Z\">2026-11-21 08:10</time></td></tr>\n"
             "<tr><td><a href=\"./file10.txt\">file10.txt</a></td><td title=\"10 bytes\">10 B</td>"
             "<td><time datetime=\"2026-11-21T08:10:00Z\">2026-11-21 08:10</time></td></tr>\n"
             "</tbody>\n");
}

static void an_array_shows_the_same(void **state)
{
  const struct folder *f = *state;
  put_at(f, "file 10", "1234567890", WHEN);
  put_at(f, "file 9", "", WHEN);
  put_at(f, "z", NULL, WHEN);
  assert_string_equal(
      page(f, &(struct listing){.path = "any", .json = true, .upload = true}),
      "[\n"
      "{\"name\":\"z\",\"type\":\"folder\",\"modified\":\"2026-11-21T08:10:00Z\","
      "\"url\":\"./z/\"},\n"
      "{\"name\":\"file 9\",\"type\":\"file\",\"size\":0,\"modified\":\"2026-11-21T08:10:00Z\","
      "\"url\":\"./file%209\"},\n"
      "{\"name\":\"file 10\",\"type\":\"file\",\"size\":10,\"modified\":\"2026-11-21T08:10:00Z\","
      "\"url\":\"./file%2010\"}\n"
      "]\n");
}

static void an_empty_folder_is_an_empty_array(void **state)
{
  assert_string_equal(page(*state, &(struct listing){.path = "", .json = true}), "[\n]\n");
}

/* What a name is in a link, as text and in JSON. */
static void any_name_stays_a_name(void **state)
{
  static const struct {
    const char *name, *url, *text, *json;
  } rows[] = {
      {"javascript:alert(1)", "./javascript:alert(1)", "javascript:alert(1)",
       "javascript:alert(1)"},
      {"a:b", "./a:b", "a:b", "a:b"},
      {"\\\\host\\x", "./%5C%5Chost%5Cx", "\\\\host\\x", "\\\\\\\\host\\\\x"},
      {"<script>", "./%3Cscript%3E", "&lt;script&gt;", "<script>"},
      {"a\"b", "./a%22b", "a&quot;b", "a\\\"b"},
      {"a&lt", "./a%26lt", "a&amp;lt", "a&lt"},
      {"a&copy=1", "./a%26copy=1", "a&amp;copy=1", "a&copy=1"},
      {"a?b#c%20", "./a%3Fb%23c%2520", "a?b#c%20", "a?b#c%20"},
      {"a b", "./a%20b", "a b", "a b"},
      {"\xc3\xa4", "./%C3%A4", "\xc3\xa4", "\xc3\xa4"},
      {"\xff\xfe", "./%FF%FE", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"a\nb", "./a%0Ab",
       "a\xef\xbf\xbd"
       "b",
       "a\\u000ab"},
  };
  const struct folder *f = *state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    char want[512];
    put_at(f, rows[i].name, "", WHEN);
    snprintf(want, sizeof want, "<a href=\"%s\">%s</a>", rows[i].url, rows[i].text);
    assert_has(page(f, &(struct listing){.path = ""}), want);
    /* An ampersand is escaped in HTML alone. */
    char url[64] = "";
    for (const char *s = rows[i].url; *s; s += *s == '&' ? strlen("&amp;") : 1)
      strncat(url, s, 1);
    snprintf(want, sizeof want, "{\"name\":\"%s\",", rows[i].json);
    assert_has(page(f, &(struct listing){.path = "", .json = true}), want);
    snprintf(want, sizeof want, "\"url\":\"%s\"}", url);
    assert_has(page(f, &(struct listing){.path = "", .json = true}), want);
    unlinkat(f->dir, rows[i].name, 0);
  }
}

static void sizes_are_rounded_for_people(void **state)
{
  static const struct {
    off_t size;
    const char *text;
  } rows[] = {
      {0, "title=\"0 bytes\">0 B<"},
      {1023, "title=\"1023 bytes\">1023 B<"},
      {1024, "title=\"1024 bytes\">1.0 KiB<"},
      {1075, "title=\"1075 bytes\">1.0 KiB<"},
      {1126, "title=\"1126 bytes\">1.0 KiB<"},
      {1127, "title=\"1127 bytes\">1.1 KiB<"},
      {102399, "title=\"102399 bytes\">99.9 KiB<"},
      {102400, "title=\"102400 bytes\">100 KiB<"},
      {1048575, "title=\"1048575 bytes\">1023 KiB<"},
      {1048576, "title=\"1048576 bytes\">1.0 MiB<"},
      {1073741823, "title=\"1073741823 bytes\">1023 MiB<"},
      {5368709120, "title=\"5368709120 bytes\">5.0 GiB<"},
      {1099511627776, "title=\"1099511627776 bytes\">1.0 TiB<"},
  };
  const struct folder *f = *state;
  int fd = openat(f->dir, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    assert_int_equal(ftruncate(fd, rows[i].size), 0);
    assert_has(page(f, &(struct listing){.path = ""}), rows[i].text);
  }
  close(fd);
}

static void every_part_of_the_path_is_a_link(void **state)
{
  static const char *const rows[][3] = {
      {"", "<title>Index of /</title>", "<h1><a href=\"./\">/</a></h1>"},
      {"a", "<title>Index of /a/</title>", "<h1><a href=\"../\">/</a><a href=\"./\">a</a>/</h1>"},
      {"a/b c/d", "<title>Index of /a/b c/d/</title>",
       "<h1><a href=\"../../../\">/</a><a href=\"../../\">a</a>/<a href=\"../\">b c</a>/"
       "<a href=\"./\">d</a>/</h1>"},
      {"<b>/\xff", "<title>Index of /&lt;b&gt;/\xef\xbf\xbd/</title>",
       "<h1><a href=\"../../\">/</a><a href=\"../\">&lt;b&gt;</a>/"
       "<a href=\"./\">\xef\xbf\xbd</a>/</h1>"},
  };
  for (size_t i = 0; i < LENGTH(rows); i++) {
    const char *text = page(*state, &(struct listing){.path = rows[i][0]});
    assert_has(text, rows[i][1]);
    assert_has(text, rows[i][2]);
    assert_int_equal(count(text, "<a href=\"../\">../</a>"), i > 0); /* up from all but the root */
  }
}

static void a_page_is_fit_for_a_phone_and_for_the_dark(void **state)
{
  const char *text = page(*state, &(struct listing){.path = ""});
  assert_int_equal(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
  assert_has(text, "<meta charset=\"utf-8\">");
  assert_has(text, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  assert_has(text, "<meta name=\"color-scheme\" content=\"light dark\">");
}

static void a_form_is_shown_to_those_who_may_send(void **state)
{
  const char *text = page(*state, &(struct listing){.path = "", .upload = true});
  assert_has(text, "<form method=\"post\" enctype=\"multipart/form-data\">");
  assert_has(text, "<input type=\"file\" name=\"file\" multiple");
  assert_lacks(page(*state, &(struct listing){.path = ""}), "<form");
  assert_lacks(page(*state, &(struct listing){.path = "", .json = true, .upload = true}), "form");
}

static void dotfiles_are_shown_when_asked_for(void **state)
{
  const struct folder *f = *state;
  put_at(f, ".file", "", WHEN);
  put_at(f, "..x", "", WHEN);
  put_at(f, ".git", NULL, WHEN);
  put_at(f, "a.file", "", WHEN);
  const char *text = page(f, &(struct listing){.path = "", .json = true});
  assert_int_equal(count(text, "\"name\""), 1);
  text = page(f, &(struct listing){.path = "", .json = true, .hidden = true});
  assert_int_equal(count(text, "\"name\""), 4);
  assert_lacks(text, "\"name\":\".\"");
  assert_lacks(text, "\"name\":\"..\"");
}

static void what_is_neither_file_nor_folder_is_left_out(void **state)
{
  const struct folder *f = *state;
  folder_fifo(f->dir, "fifo");
  folder_socket(f->path, "socket");
  folder_link(f->dir, "link", "fifo");
  assert_string_equal(page(f, &(struct listing){.path = "", .json = true}), "[\n]\n");
}

/* Whether the folder `path` of the tree `root` shows `part`. */
static bool shows(const struct folder *f, const char *path, const struct document_root *tree,
                  const char *part)
{
  struct buffer out = {0};
  char full[64];
  snprintf(full, sizeof full, "root/%s", path);
  int dir = openat(f->dir, full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const struct listing listing = {.path = path, .root = tree, .json = true};
  assert_int_equal(listing_page_print(&out, dir, &listing), 0);
  assert_int_equal(buffer_append(&out, "", 1), 0);
  bool found = strstr((const char *)buffer_data(&out), part);
  buffer_release(&out);
  close(dir);
  return found;
}

static void links_are_shown_as_what_opens_there(void **state)
{
  static const struct {
    const char *path, *target, *shown;
    bool inside, all;
  } rows[] = {
      {"", "file", "\"type\":\"file\",\"size\":6,", true, true},
      {"", "sub", "\"type\":\"folder\",", true, true},
      {"sub", "../file", "\"type\":\"file\",\"size\":6,", true, true},
      {"sub", "..", "\"type\":\"folder\",", true, true},
      {"sub", "../../outside", "\"type\":\"folder\",", false, true},
      {"sub", "../../outside/secret", "\"type\":\"file\",\"size\":8,", false, true},
      {"sub", "/dev/null", "", false, false},
      {"sub", "missing", "", false, false},
      {"sub", "link", "", false, false},
  };
  const struct folder *f = *state;
  char root[PATH_MAX + 8], link[16], part[64];
  folder_sub(f->dir, "root");
  folder_sub(f->dir, "root/sub");
  folder_sub(f->dir, "outside");
  folder_put(f->dir, "root/file", "target");
  folder_put(f->dir, "outside/secret", "a secret");
  snprintf(root, sizeof root, "%s/root", f->path);
  struct document_root trees[3];
  for (int i = LINKS_INSIDE; i <= LINKS_ALL; i++)
    assert_int_equal(document_root_open(&trees[i], root, i, false, NULL), 0);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    snprintf(link, sizeof link, "root/%s/link", rows[i].path);
    snprintf(part, sizeof part, "{\"name\":\"link\",%s", rows[i].shown);
    folder_link(f->dir, link, rows[i].target);
    const char *path = rows[i].path;
    assert_false(shows(f, path, NULL, "\"name\":\"link\""));
    assert_false(shows(f, path, &trees[LINKS_NONE], "\"name\":\"link\""));
    assert_int_equal(shows(f, path, &trees[LINKS_INSIDE], part), rows[i].inside);
    assert_int_equal(shows(f, path, &trees[LINKS_ALL], part), rows[i].all);
    unlinkat(f->dir, link, 0);
  }
  for (int i = LINKS_INSIDE; i <= LINKS_ALL; i++)
    document_root_close(&trees[i]);
}

static void a_large_folder_is_shown_whole_and_in_order(void **state)
{
  const struct folder *f = *state;
  char name[32];
  for (int i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "%d", i * 7 % 1000);
    folder_put(f->dir, name, "");
  }
  const char *text = page(f, &(struct listing){.path = ""});
  assert_int_equal(count(text, "<a href=\"./"), 1 + 1000); /* and the root's own */
  for (int i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "<a href=\"./%d\">", i);
    text = strstr(text, name);
    assert_non_null(text);
  }
}

static void a_folder_is_read_from_its_start_each_time(void **state)
{
  const struct folder *f = *state;
  folder_put(f->dir, "a", "");
  assert_has(page(f, &(struct listing){.path = ""}), "./a");
  off_t offset = lseek(f->dir, 0, SEEK_CUR);
  assert_has(page(f, &(struct listing){.path = ""}), "./a");
  assert_int_equal(lseek(f->dir, 0, SEEK_CUR), offset);
}

static void what_is_no_folder_has_no_page(void **state)
{
  struct buffer out = {0};
  const struct folder *f = *state;
  folder_put(f->dir, "a", "");
  int fd = openat(f->dir, "a", O_RDONLY | O_CLOEXEC);
  assert_int_equal(listing_page_print(&out, fd, &(struct listing){.path = ""}), UV_ENOTDIR);
  close(fd);
  assert_int_equal(out.length, 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(names_are_in_the_order_of_the_eye),
      IN_FOLDER(a_page_shows_folders_first_and_then_files),
      IN_FOLDER(an_array_shows_the_same),
      IN_FOLDER(an_empty_folder_is_an_empty_array),
      IN_FOLDER(any_name_stays_a_name),
      IN_FOLDER(sizes_are_rounded_for_people),
      IN_FOLDER(every_part_of_the_path_is_a_link),
      IN_FOLDER(a_page_is_fit_for_a_phone_and_for_the_dark),
      IN_FOLDER(a_form_is_shown_to_those_who_may_send),
      IN_FOLDER(dotfiles_are_shown_when_asked_for),
      IN_FOLDER(what_is_neither_file_nor_folder_is_left_out),
      IN_FOLDER(links_are_shown_as_what_opens_there),
      IN_FOLDER(a_large_folder_is_shown_whole_and_in_order),
      IN_FOLDER(a_folder_is_read_from_its_start_each_time),
      IN_FOLDER(what_is_no_folder_has_no_page),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
