/* Opening what is beneath a folder, and nothing else: by openat2 and by walking, which agree. */
#include "tests/unit/lib/folder.h"
#include "tests/unit/lib/harness.h"

#include "cmd/serve/document_root.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum { RACES = 4000, NOBODY = 65534 };

/* A folder that is served, `root`, and what is beside it. */
struct site {
  struct reactor *reactor;
  int base, root;
  char path[PATH_MAX]; /* of the folder that both are in */
};

/* The target of a link, `@` standing for the path of the base. */
static void put_link(const struct site *s, const char *name, const char *target)
{
  char text[2 * PATH_MAX];
  bool absolute = target[0] == '@';
  snprintf(text, sizeof text, "%s%s", absolute ? s->path : "", target + absolute);
  folder_link(s->root, name, text);
}

static void put_links(const struct site *s)
{
  static const char *const links[][2] = {
      {"link", "file"},
      {"link_folder", "folder"},
      {"chain", "chain2"},
      {"chain2", "link_folder/up"},
      {"folder/up", "../file"},
      {"folder/out", "../../outside/secret"},
      {"folder/out_and_in", "../../root/file"},
      {"dots", "folder/../folder/./deep"},
      {"dots_at_end", "folder/.."},
      {"dots_above", "folder/../.."},
      {"dots_beyond", "folder/../../outside/secret"},
      {"slashes", "folder//deep"},
      {"trailing", "file/"},
      {"trailing_dot", "file/."},
      {"trailing_folder", "folder/"},
      {"through_file", "file/../file"},
      {"through_missing", "missing/../file"},
      {"root", "."},
      {"out", "../outside"},
      {"loop", "loop2"},
      {"loop2", "loop"},
      {"self", "self"},
      {"dangling", "nothing"},
      {"dangling_folder", "nothing/file"},
      {"absolute", "@/root/file"},
      {"absolute_folder", "@/root/folder"},
      {"absolute_root", "@/root"},
      {"absolute_root_slash", "@/root/"},
      {"absolute_untidy", "@//./root/.//file"},
      {"absolute_chain", "@/root/absolute"},
      {"absolute_up", "@/root/folder/../file"},
      {"absolute_out", "@/outside/secret"},
      {"absolute_beside", "@/root2/secret"},
      {"absolute_dots", "@/root/../outside/secret"},
      {"absolute_round", "@/outside/../root/file"},
      {"absolute_base", "@"},
      {"etc", "/etc/passwd"},
      {"null", "/dev/null"},
      {"proc", "/proc/self/cwd"},
      {"to_fifo", "fifo"},
  };
  for (size_t i = 0; i < LENGTH(links); i++)
    put_link(s, links[i][0], links[i][1]);

  /* 40 links behind each other, which is what the kernel follows, and one more. */
  folder_link(s->root, "many1", "file");
  for (int i = 2; i <= 41; i++) {
    char name[16], target[16];
    snprintf(name, sizeof name, "many%d", i);
    snprintf(target, sizeof target, "many%d", i - 1);
    folder_link(s->root, name, target);
  }
}

static char *long_name(char name[PATH_MAX + 8], size_t n)
{
  memset(name, 'n', n);
  name[n] = '\0';
  return name;
}

static int site_setup(void **state)
{
  char name[PATH_MAX + 8];
  struct site *s = calloc(1, sizeof *s);
  if (!s || reactor_setup((void **)&s->reactor))
    return -1;
  s->base = folder_make(s->path);
  folder_sub(s->base, "root");
  folder_sub(s->base, "root2");
  folder_sub(s->base, "outside");
  folder_put(s->base, "outside/secret", "SECRET");
  folder_put(s->base, "root2/secret", "SECRET");
  s->root = openat(s->base, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  folder_put(s->root, "file", "file");
  folder_put(s->root, ".hidden", "hidden");
  folder_put(s->root, "\xff\xfe", "bytes");
  folder_put(s->root, "a\nb", "newline");
  folder_put(s->root, "..x", "two dots and x");
  folder_put(s->root, long_name(name, NAME_MAX), "long");
  folder_sub(s->root, "folder");
  folder_put(s->root, "folder/deep", "deep");
  folder_sub(s->root, "2"); /* what comes of `root2` less `root` */
  folder_put(s->root, "2/secret", "SECRET");
  folder_fifo(s->root, "fifo");
  snprintf(name, sizeof name, "%s/root", s->path);
  folder_socket(name, "socket");
  put_links(s);
  *state = s;
  return 0;
}

static int site_teardown(void **state)
{
  struct site *s = *state;
  close(s->root);
  close(s->base);
  folder_remove(s->path);
  int err = reactor_teardown((void **)&s->reactor);
  free(s);
  return err;
}

static void open_root(struct document_root *t, const struct site *s, const char *name,
                      enum link_policy links)
{
  char path[2 * PATH_MAX];
  struct error e = {0};
  snprintf(path, sizeof path, "%s/%s", s->path, name);
  if (document_root_open(t, path, links, false, &e))
    fail_msg("%s", e.text);
}

/* What one gets who asks for `path`: what is in the file, `folder/`, or the name of the error. */
static const char *answer(const struct document_root *t, const char *path)
{
  static char text[64];
  struct stat st;
  int fd = document_root_open_path(t, path, &st);
  if (fd < 0)
    return error_name(fd);
  assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
  assert_int_equal(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE | O_PATH), O_NONBLOCK | O_RDONLY);
  ssize_t n = S_ISDIR(st.st_mode) ? 0 : read(fd, text, sizeof text - 1);
  assert_true(n >= 0);
  text[n] = '\0';
  close(fd);
  return S_ISDIR(st.st_mode) ? "folder/" : text;
}

/* What is asked for; and what one gets when links are followed inside, not at all, anywhere. */
struct question {
  const char *path, *inside, *none, *all;
};

static const char *wanted(const struct question *q, enum link_policy links)
{
  switch (links) {
  case LINKS_INSIDE:
    return q->inside;
  case LINKS_NONE:
    return q->none;
  default:
    return q->all;
  }
}

static void ask(const struct site *s, const struct question *rows, size_t count)
{
  for (int i = 0; i < 6; i++) {
    struct document_root t;
    enum link_policy links = i / 2;
    open_root(&t, s, "root", links);
    if (i % 2)
      t.no_openat2 = true;
    for (const struct question *q = rows; q < rows + count; q++) {
      const char *got = answer(&t, q->path), *want = wanted(q, links);
      if (strcmp(got, want) != 0)
        fail_msg("%s, links %d, walked %d: %s, not %s", q->path, links, t.no_openat2, got, want);
    }
    document_root_close(&t);
  }
}

static void files_and_folders_are_opened_and_nothing_else(void **state)
{
  char name[PATH_MAX + 8], longer[PATH_MAX + 8], longest[PATH_MAX + 8];
  memset(longest, '/', sizeof longest);
  longest[0] = 'x';
  longest[PATH_MAX] = '\0';
  const struct question rows[] = {
      {"", "folder/", "folder/", "folder/"},
      {"file", "file", "file", "file"},
      {".hidden", "hidden", "hidden", "hidden"},
      {"..x", "two dots and x", "two dots and x", "two dots and x"},
      {"\xff\xfe", "bytes", "bytes", "bytes"},
      {"a\nb", "newline", "newline", "newline"},
      {"folder", "folder/", "folder/", "folder/"},
      {"folder/deep", "deep", "deep", "deep"},
      {"missing", "ENOENT", "ENOENT", "ENOENT"},
      {"missing/file", "ENOENT", "ENOENT", "ENOENT"},
      {"file/x", "ENOTDIR", "ENOTDIR", "ENOTDIR"},
      {"fifo", "ENOENT", "ENOENT", "ENOENT"},
      {"socket", "ENOENT", "ENOENT", "ENOENT"},
      {"fifo/x", "ENOTDIR", "ENOTDIR", "ENOTDIR"},
      {long_name(name, NAME_MAX), "long", "long", "long"},
      {long_name(longer, NAME_MAX + 1), "ENAMETOOLONG", "ENAMETOOLONG", "ENAMETOOLONG"},
      {longest, "ENAMETOOLONG", "ENAMETOOLONG", "ENAMETOOLONG"},
  };
  ask(*state, rows, LENGTH(rows));
}

static void links_lead_as_far_as_they_may(void **state)
{
  static const struct question rows[] = {
      {"link", "file", "ENOENT", "file"},
      {"link_folder", "folder/", "ENOENT", "folder/"},
      {"link_folder/deep", "deep", "ENOENT", "deep"},
      {"link_folder/up", "file", "ENOENT", "file"},
      {"link/x", "ENOTDIR", "ENOENT", "ENOTDIR"},
      {"chain", "file", "ENOENT", "file"},
      {"folder/up", "file", "ENOENT", "file"},
      {"folder/out", "ENOENT", "ENOENT", "SECRET"},
      {"folder/out_and_in", "ENOENT", "ENOENT", "file"},
      {"dots", "deep", "ENOENT", "deep"},
      {"dots_at_end", "folder/", "ENOENT", "folder/"},
      {"dots_at_end/file", "file", "ENOENT", "file"},
      {"dots_above", "ENOENT", "ENOENT", "folder/"},
      {"dots_beyond", "ENOENT", "ENOENT", "SECRET"},
      {"slashes", "deep", "ENOENT", "deep"},
      {"trailing", "ENOTDIR", "ENOENT", "ENOTDIR"},
      {"trailing_dot", "ENOTDIR", "ENOENT", "ENOTDIR"},
      {"trailing_folder", "folder/", "ENOENT", "folder/"},
      {"trailing_folder/deep", "deep", "ENOENT", "deep"},
      {"through_file", "ENOTDIR", "ENOENT", "ENOTDIR"},
      {"through_missing", "ENOENT", "ENOENT", "ENOENT"},
      {"root", "folder/", "ENOENT", "folder/"},
      {"root/root/file", "file", "ENOENT", "file"},
      {"out", "ENOENT", "ENOENT", "folder/"},
      {"out/secret", "ENOENT", "ENOENT", "SECRET"},
      {"loop", "ENOENT", "ENOENT", "ENOENT"},
      {"self", "ENOENT", "ENOENT", "ENOENT"},
      {"self/x", "ENOENT", "ENOENT", "ENOENT"},
      {"dangling", "ENOENT", "ENOENT", "ENOENT"},
      {"dangling_folder", "ENOENT", "ENOENT", "ENOENT"},
      {"many40", "file", "ENOENT", "file"},
      {"many41", "ENOENT", "ENOENT", "ENOENT"},
      {"to_fifo", "ENOENT", "ENOENT", "ENOENT"},
  };
  ask(*state, rows, LENGTH(rows));
}

static void absolute_links_lead_as_far_as_they_may(void **state)
{
  static const struct question rows[] = {
      {"absolute", "file", "ENOENT", "file"},
      {"absolute_folder", "folder/", "ENOENT", "folder/"},
      {"absolute_folder/deep", "deep", "ENOENT", "deep"},
      {"absolute_folder/up", "file", "ENOENT", "file"},
      {"absolute_folder/out", "ENOENT", "ENOENT", "SECRET"},
      {"absolute_root", "folder/", "ENOENT", "folder/"},
      {"absolute_root/file", "file", "ENOENT", "file"},
      {"absolute_root_slash", "folder/", "ENOENT", "folder/"},
      {"absolute_root/absolute_root/link", "file", "ENOENT", "file"},
      {"absolute_untidy", "file", "ENOENT", "file"},
      {"absolute_chain", "file", "ENOENT", "file"},
      {"absolute_up", "file", "ENOENT", "file"},
      {"absolute_out", "ENOENT", "ENOENT", "SECRET"},
      {"absolute_beside", "ENOENT", "ENOENT", "SECRET"},
      {"absolute_dots", "ENOENT", "ENOENT", "SECRET"},
      {"absolute_round", "ENOENT", "ENOENT", "file"},
      {"absolute_base", "ENOENT", "ENOENT", "folder/"},
      {"absolute_base/outside/secret", "ENOENT", "ENOENT", "SECRET"},
      {"absolute_root/out/secret", "ENOENT", "ENOENT", "SECRET"},
      {"null", "ENOENT", "ENOENT", "ENOENT"},
      {"proc", "ENOENT", "ENOENT", "folder/"},
  };
  ask(*state, rows, LENGTH(rows));
}

static void a_device_is_not_opened(void **state)
{
  const struct site *s = *state;
  static const struct question row = {"device", "ENOENT", "ENOENT", "ENOENT"};
  if (mknodat(s->root, "device", S_IFCHR | 0666, makedev(1, 5)))
    skip(); /* only root may make one */
  ask(s, &row, 1);
}

/* A mere look does not count as opening for inotify, nor for the one who waits to write. */
static void a_fifo_is_not_opened_even_for_a_moment(void **state)
{
  const struct site *s = *state;
  char path[2 * PATH_MAX], event[256];
  struct document_root t;
  open_root(&t, s, "root", LINKS_INSIDE);
  snprintf(path, sizeof path, "%s/root/fifo", s->path);
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
  for (int i = 0; i < 2; i++) {
    assert_string_equal(answer(&t, "fifo"), "ENOENT");
    assert_string_equal(answer(&t, "to_fifo"), "ENOENT");
    t.no_openat2 = true;
  }
  assert_int_equal(read(watch, event, sizeof event), -1);
  assert_int_equal(errno, EAGAIN);

  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* the watch would have seen it */
  assert_true(read(watch, event, sizeof event) > 0);
  close(fd);
  close(watch);
  document_root_close(&t);
}

static void what_may_not_be_read_is_said_to_be_so(void **state)
{
  const struct site *s = *state;
  static const struct question rows[] = {
      {"unreadable", "EACCES", "EACCES", "EACCES"}, {"shut", "EACCES", "EACCES", "EACCES"},
      {"shut/file", "EACCES", "EACCES", "EACCES"},  {"unlisted", "EACCES", "EACCES", "EACCES"},
      {"unlisted/file", "inner", "inner", "inner"},
  };
  folder_put(s->root, "unreadable", "SECRET");
  folder_sub(s->root, "shut");
  folder_put(s->root, "shut/file", "SECRET");
  folder_sub(s->root, "unlisted");
  folder_put(s->root, "unlisted/file", "inner");
  folder_mode(s->root, "unreadable", 0);
  folder_mode(s->root, "shut", 0);
  folder_mode(s->root, "unlisted", 0111);

  uid_t me = geteuid(); /* to root all is readable */
  assert_int_equal(me == 0 ? seteuid(NOBODY) : 0, 0);
  ask(s, rows, LENGTH(rows));
  assert_int_equal(seteuid(me), 0);
  folder_mode(s->root, "shut", 0755); /* so that it can be removed */
  folder_mode(s->root, "unlisted", 0755);
}

/* Somebody who renames two things in turn, as fast as can be. */
struct renamer {
  const struct site *site;
  const char *from, *to;
  unsigned flags;
};

/* A process and not a thread, since valgrind lets only one thread run. */
static pid_t renamer_start(const struct renamer *r)
{
  pid_t parent = getpid(), pid = fork();
  assert_true(pid >= 0);
  if (pid > 0)
    return pid;
  while (getppid() == parent) {
    renameat2(r->site->base, r->from, r->site->base, r->to, r->flags);
    renameat2(r->site->base, r->to, r->site->base, r->from, r->flags);
  }
  _exit(0);
}

/* Asks over and over while it goes on, and until the file was there once (a loaded machine may
 * leave the renamer waiting between its two calls): what is inside, or nothing. */
static void ask_meanwhile(const struct renamer *r, const char *path, bool openat2)
{
  struct document_root t;
  open_root(&t, r->site, "root", LINKS_INSIDE);
  if (!openat2)
    t.no_openat2 = true;
  pid_t renamer = renamer_start(r);
  int inside = 0, outside = 0;
  for (int i = 0; i < RACES || inside == 0; i++) {
    const char *got = answer(&t, path);
    inside += strcmp(got, "inside") == 0;
    outside +=
        strcmp(got, "inside") != 0 && strcmp(got, "ENOENT") != 0 && strcmp(got, "EAGAIN") != 0;
  }
  kill(renamer, SIGKILL);
  waitpid(renamer, NULL, 0);
  assert_int_equal(outside, 0);
  document_root_close(&t);
}

static void a_folder_that_becomes_a_link_lets_nobody_out(void **state)
{
  const struct renamer r = {*state, "root/flip", "link", RENAME_EXCHANGE};
  folder_sub(r.site->root, "flip");
  folder_put(r.site->root, "flip/secret", "inside");
  folder_link(r.site->base, "link", "../outside");
  ask_meanwhile(&r, "flip/secret", true);
  ask_meanwhile(&r, "flip/secret", false);
}

static void a_file_that_becomes_a_link_lets_nobody_out(void **state)
{
  const struct renamer r = {*state, "root/flip", "link", RENAME_EXCHANGE};
  folder_put(r.site->root, "flip", "inside");
  folder_link(r.site->base, "link", "../outside/secret");
  ask_meanwhile(&r, "flip", true);
  ask_meanwhile(&r, "flip", false);
}

/* The way back by `..` is not the way in any more. */
static void a_folder_that_is_moved_out_lets_nobody_out(void **state)
{
  const struct renamer r = {*state, "root/flip/deep", "outside/deep", 0};
  folder_sub(r.site->root, "flip");
  folder_sub(r.site->root, "flip/deep");
  folder_put(r.site->root, "flip/secret", "inside");
  folder_link(r.site->root, "way", "flip/deep/../secret");
  ask_meanwhile(&r, "way", true);
  ask_meanwhile(&r, "way", false);
}

static void one_file_is_served_alone(void **state)
{
  const struct site *s = *state;
  static const struct {
    const char *file, *path, *answer;
  } rows[] = {
      {"root/file", "", "file"},
      {"root/file", "file", "file"},
      {"root/file", "link", "ENOENT"},
      {"root/file", "folder", "ENOENT"},
      {"root/file", "folder/deep", "ENOENT"},
      {"root/file", "file/x", "ENOENT"},
      {"root/folder/deep", "deep", "deep"},
      {"root/folder/deep", "folder/deep", "ENOENT"},
      {"root/.hidden", "", "hidden"},
      {"root/absolute_out", "", "SECRET"}, /* the user's own word for where it is */
      {"root/absolute_out", "secret", "SECRET"},
      {"root/absolute_out", "absolute_out", "SECRET"}, /* by the name that the user knows */
  };
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct document_root t;
    open_root(&t, s, rows[i].file, LINKS_INSIDE);
    assert_string_equal(answer(&t, rows[i].path), rows[i].answer);
    t.no_openat2 = true;
    assert_string_equal(answer(&t, rows[i].path), rows[i].answer);
    document_root_close(&t);
  }
}

static void one_file_is_opened_anew_and_remains_a_file(void **state)
{
  const struct site *s = *state;
  struct document_root t;
  open_root(&t, s, "root/file", LINKS_INSIDE);
  folder_put(s->root, "new", "new");
  assert_int_equal(renameat(s->root, "new", s->root, "file"), 0);
  assert_string_equal(answer(&t, "file"), "new");
  assert_int_equal(unlinkat(s->root, "file", 0), 0);
  folder_sub(s->root, "file");
  assert_string_equal(answer(&t, "file"), "ENOENT");
  document_root_close(&t);
}

static void the_root_may_be_named_by_a_link_and_replaced(void **state)
{
  const struct site *s = *state;
  struct document_root t;
  char real[2 * PATH_MAX];
  folder_link(s->base, "current", "root");
  open_root(&t, s, "current", LINKS_NONE);
  snprintf(real, sizeof real, "%s/root", s->path);
  assert_string_equal(t.real, real);
  assert_null(t.only);
  assert_int_equal(renameat(s->base, "root", s->base, "moved"), 0);
  assert_string_equal(answer(&t, "file"), "file");
  document_root_close(&t);
}

static void what_cannot_be_served_is_refused_by_its_name(void **state)
{
  const struct site *s = *state;
  static const struct {
    const char *name, *why;
    int code;
  } rows[] = {
      {"missing", "no such file or directory", UV_ENOENT},
      {"root/dangling", "no such file or directory", UV_ENOENT},
      {"root/file/x", "not a directory", UV_ENOTDIR},
      {"root/fifo", "neither a file nor a folder", UV_EINVAL},
      {"root/null", "neither a file nor a folder", UV_EINVAL},
      {"unreadable", "permission denied", UV_EACCES},
      {"unlisted", "permission denied", UV_EACCES},
  };
  folder_put(s->base, "unreadable", "");
  folder_sub(s->base, "unlisted");
  folder_mode(s->base, "unreadable", 0);
  folder_mode(s->base, "unlisted", 0111);
  uid_t me = geteuid();
  assert_int_equal(me == 0 ? seteuid(NOBODY) : 0, 0);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct document_root t;
    struct error e = {0};
    char path[2 * PATH_MAX], want[sizeof e.text + 2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", s->path, rows[i].name);
    assert_int_equal(document_root_open(&t, path, LINKS_INSIDE, false, &e), rows[i].code);
    snprintf(want, sizeof want, "open %s: %s", path, rows[i].why);
    assert_string_equal(e.text, want);
    document_root_close(&t); /* does no harm */
  }
  assert_int_equal(seteuid(me), 0);
  folder_mode(s->base, "unlisted", 0755);
}

/* The ways in which a file changes between two looks at it. */
static void rewrite(const struct site *s)
{
  folder_put(s->root, "f", "longer than it was");
}

/* Which only the time of the last change of state tells: nobody can set that back. */
static void rewrite_in_secret(const struct site *s)
{
  const struct timespec times[2] = {{0, 0}, {0, 0}};
  folder_put(s->root, "f", "TEXT");
  utimensat(s->root, "f", times, 0);
}

static void touch(const struct site *s)
{
  const struct timespec times[2] = {{0, 0}, {0, 1}};
  utimensat(s->root, "f", times, 0);
}

static void restrict_mode(const struct site *s)
{
  folder_mode(s->root, "f", 0600);
}

static void replace_by_a_copy(const struct site *s)
{
  const struct timespec times[2] = {{0, 0}, {0, 0}};
  folder_put(s->root, "new", "text");
  utimensat(s->root, "new", times, 0);
  renameat(s->root, "new", s->root, "f");
}

static void remove_it(const struct site *s)
{
  unlinkat(s->root, "f", 0);
}

static void link_to_another(const struct site *s)
{
  remove_it(s);
  folder_link(s->root, "f", "file");
}

static void leave_it(const struct site *s)
{
  folder_put(s->root, "another", "text");
}

static void a_change_is_noticed(void **state)
{
  const struct site *s = *state;
  static const struct {
    void (*change)(const struct site *);
    bool unchanged;
  } rows[] = {
      {leave_it, true},   {rewrite, false},         {rewrite_in_secret, false},
      {touch, false},     {restrict_mode, false},   {replace_by_a_copy, false},
      {remove_it, false}, {link_to_another, false},
  };
  const struct timespec times[2] = {{0, 0}, {0, 0}};
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct document_root t;
    struct stat st;
    open_root(&t, s, "root", LINKS_INSIDE);
    folder_put(s->root, "f", "text");
    utimensat(s->root, "f", times, 0);
    close(document_root_open_path(&t, "f", &st));
    assert_true(document_root_is_unchanged(&t, "f", &st));
    rows[i].change(s);
    assert_int_equal(document_root_is_unchanged(&t, "f", &st), rows[i].unchanged);
    unlinkat(s->root, "f", 0);
    document_root_close(&t);
  }
}

static void a_link_in_place_of_its_target_is_a_change_where_links_are_not_followed(void **state)
{
  const struct site *s = *state;
  for (int links = LINKS_INSIDE; links <= LINKS_NONE; links++) {
    struct document_root t;
    struct stat st;
    open_root(&t, s, "root", links);
    close(document_root_open_path(&t, "file", &st));
    assert_int_equal(document_root_is_unchanged(&t, "link", &st), links == LINKS_INSIDE);
    document_root_close(&t);
  }
}

static void the_root_and_the_one_file_can_be_unchanged(void **state)
{
  const struct site *s = *state;
  static const char *const names[] = {"root", "root/file"};
  for (size_t i = 0; i < LENGTH(names); i++) {
    struct document_root t;
    struct stat st;
    open_root(&t, s, names[i], LINKS_INSIDE);
    close(document_root_open_path(&t, "", &st));
    assert_true(document_root_is_unchanged(&t, "", &st));
    assert_false(document_root_is_unchanged(&t, "folder", &st));
    document_root_close(&t);
  }
}

#define SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)

int main(void)
{
  static const struct CMUnitTest tests[] = {
      SITE(files_and_folders_are_opened_and_nothing_else),
      SITE(links_lead_as_far_as_they_may),
      SITE(absolute_links_lead_as_far_as_they_may),
      SITE(a_device_is_not_opened),
      SITE(a_fifo_is_not_opened_even_for_a_moment),
      SITE(what_may_not_be_read_is_said_to_be_so),
      SITE(a_folder_that_becomes_a_link_lets_nobody_out),
      SITE(a_file_that_becomes_a_link_lets_nobody_out),
      SITE(a_folder_that_is_moved_out_lets_nobody_out),
      SITE(one_file_is_served_alone),
      SITE(one_file_is_opened_anew_and_remains_a_file),
      SITE(the_root_may_be_named_by_a_link_and_replaced),
      SITE(what_cannot_be_served_is_refused_by_its_name),
      SITE(a_change_is_noticed),
      SITE(a_link_in_place_of_its_target_is_a_change_where_links_are_not_followed),
      SITE(the_root_and_the_one_file_can_be_unchanged),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
