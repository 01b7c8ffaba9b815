/* The media type of a name: from the built-in table, the system's file and the user's. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/media_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* Writes the text, when there is one, and returns the file's path. */
static const char *file(const struct folder *f, char path[2 * PATH_MAX], const char *name,
                        const char *text)
{
  if (!text)
    return NULL;
  folder_put(f->dir, name, text);
  snprintf(path, 2 * PATH_MAX, "%s/%s", f->path, name);
  return path;
}

static struct media_types *load(const struct folder *f, const char *system, const char *user,
                                struct error *e)
{
  char paths[2][2 * PATH_MAX];
  return media_types_load_both(file(f, paths[0], "system", system), file(f, paths[1], "user", user),
                               e);
}

static void what_the_web_is_made_of_is_known(void **state)
{
  static const char *const rows[][2] = {
      {"index.html", "text/html; charset=utf-8"},
      {"index.htm", "text/html; charset=utf-8"},
      {"style.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.json", "application/json"},
      {"a.xml", "application/xml"},
      {"a.svg", "image/svg+xml"},
      {"a.svgz", "image/svg+xml"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.avif", "image/avif"},
      {"favicon.ico", "image/vnd.microsoft.icon"},
      {"a.mp4", "video/mp4"},
      {"a.webm", "video/webm"},
      {"a.mp3", "audio/mpeg"},
      {"a.ogg", "audio/ogg"},
      {"a.wav", "audio/wav"},
      {"a.pdf", "application/pdf"},
      {"a.zip", "application/zip"},
      {"a.gz", "application/gzip"},
      {"a.tar.gz", "application/gzip"},
      {"a.tar", "application/x-tar"},
      {"a.7z", "application/x-7z-compressed"},
      {"a.woff", "font/woff"},
      {"a.woff2", "font/woff2"},
      {"a.ttf", "font/ttf"},
      {"a.otf", "font/otf"},
      {"a.wasm", "application/wasm"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.md", "text/markdown; charset=utf-8"},
      {"a.csv", "text/csv; charset=utf-8"},
      {"a.yaml", "application/yaml"},
      {"a.yml", "application/yaml"},
      {"a.deb", "application/vnd.debian.binary-package"},
      {"a.webmanifest", "application/manifest+json"},
      {"a.vtt", "text/vtt; charset=utf-8"},
  };
  struct media_types *m = load(*state, NULL, NULL, NULL);
  assert_non_null(m);
  for (size_t i = 0; i < LENGTH(rows); i++)
    assert_string_equal(media_types_find(m, rows[i][0]), rows[i][1]);
  media_types_free(m);
}

static void an_extension_is_found_in_the_name_whatever_its_case(void **state)
{
  static const char *const rows[][2] = {
      {"A.HTML", "text/html; charset=utf-8"},
      {"a.Html", "text/html; charset=utf-8"},
      {"folder/a.html", "text/html; charset=utf-8"},
      {"folder.css/a.html", "text/html; charset=utf-8"},
      {".a.html", "text/html; charset=utf-8"},
      {"a..html", "text/html; charset=utf-8"},
      {"\xff.html", "text/html; charset=utf-8"},
      {"a.unheard.html", "text/html; charset=utf-8"},
      {"a.html.unheard", "application/octet-stream"}, /* only the end counts */
      {"", "application/octet-stream"},
      {"/", "application/octet-stream"},
      {".", "application/octet-stream"},
      {"html", "application/octet-stream"},
      {".html", "application/octet-stream"},
      {"folder/.html", "application/octet-stream"},
      {"folder.html/", "application/octet-stream"},
      {"folder.html/a", "application/octet-stream"},
      {"a.", "application/octet-stream"},
      {"a.htmlx", "application/octet-stream"},
      {"a.htm\xff", "application/octet-stream"},
      {"a.unheard", "application/octet-stream"},
  };
  struct media_types *m = load(*state, NULL, NULL, NULL);
  assert_non_null(m);
  for (size_t i = 0; i < LENGTH(rows); i++)
    if (strcmp(media_types_find(m, rows[i][0]), rows[i][1]) != 0)
      fail_msg("%s: %s", rows[i][0], media_types_find(m, rows[i][0]));
  media_types_free(m);
}

static void the_lines_of_files_are_read(void **state)
{
  static const struct {
    const char *system, *user, *name, *type;
  } rows[] = {
      {"text/x-new new\n", NULL, "a.new", "text/x-new; charset=utf-8"},
      {"text/x-new new", NULL, "a.new", "text/x-new; charset=utf-8"},
      {"\n\r\n# text/x-new new\n  # new\n", NULL, "a.new", "application/octet-stream"},
      {" \ttext/x-new\t new\t\told \r\n", NULL, "a.old", "text/x-new; charset=utf-8"},
      {"image/x-new new # old\n", NULL, "a.old", "application/octet-stream"},
      {"image/x-new new # old\n", NULL, "a.new", "image/x-new"},
      {"image/x-new\nimage/x-old old\n", NULL, "a.new", "application/octet-stream"},
      {"image/x-new NEW\n", NULL, "a.new", "image/x-new"},
      {"image/x-new new.er\n", NULL, "a.new.er", "image/x-new"},
      {"image/x-er er\nimage/x-new new.er\n", NULL, "a.new.er", "image/x-new"},
      {"image/x-er er\nimage/x-new new.er\n", NULL, "a.er", "image/x-er"},

      {"image/x-png png\n", NULL, "a.png", "image/x-png"},
      {NULL, "image/x-png png\n", "a.png", "image/x-png"},
      {"image/x-png png\n", "image/y-png png\n", "a.png", "image/y-png"},
      {"image/x-png png\n", "image/y-gif gif\n", "a.png", "image/x-png"},
      {"image/x-png png\nimage/y-png png\n", NULL, "a.png", "image/y-png"},

      {NULL, "text/html;charset=iso-8859-1 html\n", "a.html", "text/html;charset=iso-8859-1"},
      {NULL, "application/javascript js\n", "a.js", "application/javascript; charset=utf-8"},
      {NULL, "text/xml xml\n", "a.xml", "text/xml"},
      {NULL, "TEXT/plain t\n", "a.t", "TEXT/plain; charset=utf-8"},

      {"nonsense\nx\xff/y z\nimage/x-new new\n", NULL, "a.new", "image/x-new"},
  };
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    struct media_types *m = load(*state, rows[i].system, rows[i].user, &e);
    if (!m)
      fail_msg("%s", e.text);
    if (strcmp(media_types_find(m, rows[i].name), rows[i].type) != 0)
      fail_msg("row %zu: %s", i, media_types_find(m, rows[i].name));
    media_types_free(m);
  }
}

static void a_malformed_line_of_the_users_is_named(void **state)
{
  static const struct {
    const char *text;
    int line;
  } rows[] = {
      {"types {\n", 1},
      {"text/plain txt\n\ntext html\n", 3},
      {"/html html\n", 1},
      {"text/ html\n", 1},
      {"text/;charset=utf-8 html\n", 1},
      {"text/a/b html\n", 1},
      {"text/ht,ml html\n", 1},
      {"text/ht\xc3\xa4 html\n", 1},
      {"text/ht\x7f html\n", 1},
      {"text/html;a=\x01 html\n", 1},
      {"text/html .html\n", 1},
      {"text/html html text/plain\n", 1},
      {"text/html 0123456789012345678901234567890123456789012345678901234567890123\n"
       "text/html 01234567890123456789012345678901234567890123456789012345678901234\n",
       2},
  };
  const struct folder *f = *state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    char want[sizeof e.text + PATH_MAX];
    struct media_types *m = load(f, NULL, rows[i].text, &e);
    if (m)
      fail_msg("%s was taken", rows[i].text);
    snprintf(want, sizeof want, "%s/user, line %d: not a media type and extensions", f->path,
             rows[i].line);
    assert_string_equal(e.text, want);
    assert_int_equal(e.code, UV_EINVAL);
  }
}

static void a_file_of_the_users_must_be_there_and_the_systems_need_not(void **state)
{
  const struct folder *f = *state;
  struct error e = {0};
  struct media_types *m = media_types_load_both("/nonexistent/mime.types", NULL, &e);
  assert_non_null(m);
  media_types_free(m);
  m = media_types_load_both(f->path, NULL, &e);
  assert_non_null(m);
  media_types_free(m);
  assert_null(media_types_load_both(NULL, "/nonexistent/mime.types", &e));
  assert_string_equal(e.text, "/nonexistent/mime.types: no such file or directory");
  assert_null(media_types_load_both(NULL, "/", &e));
  assert_string_equal(e.text, "/: illegal operation on a directory"); /* libuv's words for EISDIR */
  assert_null(media_types_load_both(NULL, "/", NULL));
}

static void this_systems_own_file_is_read(void **state)
{
  struct error e = {0};
  struct media_types *m = media_types_load(NULL, &e);
  (void)state;
  if (!m)
    fail_msg("%s", e.text);
  assert_string_equal(media_types_find(m, "a.html"), "text/html; charset=utf-8");
  media_types_free(m);
  media_types_free(NULL);
}

static void what_is_encoded_by_its_type_has_a_coding(void **state)
{
  static const struct {
    const char *lines, *name, *coding;
  } rows[] = {
      {NULL, "a.svgz", "gzip"},
      {NULL, "b/A.SVGZ", "gzip"},
      {NULL, "a.svg", NULL},
      {NULL, "svgz", NULL},
      {NULL, "a.svgz.txt", NULL},
      {NULL, "a.gz", NULL},
      {NULL, "a.tgz", NULL}, /* types of their own */
      {NULL, "a.tar.gz", NULL},
      {"image/svg+xml-compressed svgz\n", "a.svgz", NULL},
      {"model/x3d+xml x3dz\nmodel/x3d-vrml x3dvz\n", "a.x3dz", "gzip"},
      {"model/x3d+xml x3dz\nmodel/x3d-vrml x3dvz\n", "a.x3dvz", "gzip"},
      {"model/vrml wrz\n", "a.wrz", "gzip"},
      {"image/emf emz\n", "a.emz", "gzip"},
      {"application/x-ms-wmz wmz\n", "a.wmz", NULL},
      {"image/wmf wmz\n", "a.wmz", "gzip"},
  };
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct media_types *m = load(*state, NULL, rows[i].lines, NULL);
    assert_non_null(m);
    const char *coding = media_types_coding(m, rows[i].name);
    if (strcmp(coding ? coding : "-", rows[i].coding ? rows[i].coding : "-") != 0)
      fail_msg("%s: %s", rows[i].name, coding ? coding : "-");
    media_types_free(m);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      IN_FOLDER(what_the_web_is_made_of_is_known),
      IN_FOLDER(an_extension_is_found_in_the_name_whatever_its_case),
      IN_FOLDER(the_lines_of_files_are_read),
      IN_FOLDER(a_malformed_line_of_the_users_is_named),
      IN_FOLDER(a_file_of_the_users_must_be_there_and_the_systems_need_not),
      IN_FOLDER(this_systems_own_file_is_read),
      IN_FOLDER(what_is_encoded_by_its_type_has_a_coding),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
