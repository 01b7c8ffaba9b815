#include "cmd/serve/basic_auth.h"

#include "core/codec/base64.h"
#include "core/os/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
  LONGEST_PAIR = BASIC_AUTH_LONGEST + 1 + BASIC_AUTH_LONGEST, /* USER:PASSWORD */
  LONGEST_READ = BASIC_AUTH_LONGEST + 3,                      /* one byte too many, CR and LF */
};

/* Loading. */

static int set_text(struct basic_auth_text *to, const char *what, const char *bytes, size_t n,
                    struct error *e)
{
  if (n == 0)
    return error_say(e, UV_EINVAL, "the %s is empty", what);
  if (n > BASIC_AUTH_LONGEST)
    return error_say(e, UV_EINVAL, "the %s is longer than %d bytes", what, BASIC_AUTH_LONGEST);
  memcpy(to->bytes, bytes, n);
  to->length = (uint8_t)n;
  return 0;
}

static int load_variable(struct basic_auth *a, const char *name, struct error *e)
{
  char *value = getenv(name);
  if (!value)
    return error_say(e, UV_ENOENT, "no environment variable %s (for a file, write ./%s)", name,
                     name);
  int err = set_text(&a->password, "password", value, strlen(value), e);
  /* /proc/PID/environ shows the bytes even after unsetenv. */
  explicit_bzero(value, strlen(value));
  unsetenv(name);
  return err;
}

/* Reads up to the end of the first line, also from a pipe. The count, or a negative errno. */
static ssize_t read_line(int fd, char *line, size_t size)
{
  size_t n = 0;
  while (n < size && !memchr(line, '\n', n)) {
    ssize_t got = file_read(fd, line + n, size - n);
    if (got < 0)
      return got;
    if (got == 0)
      break;
    n += (size_t)got;
  }
  return (ssize_t)n;
}

static int load_file(struct basic_auth *a, const char *path, struct error *e)
{
  char line[LONGEST_READ];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return error_set(e, -errno, "read %s", path);
  ssize_t got = read_line(fd, line, sizeof line);
  close(fd);
  if (got < 0)
    return error_set(e, (int)got, "read %s", path);
  const char *end = memchr(line, '\n', (size_t)got);
  size_t n = end ? (size_t)(end - line) : (size_t)got;
  if (end && n > 0 && line[n - 1] == '\r')
    n--;
  int err = set_text(&a->password, "password", line, n, e);
  explicit_bzero(line, sizeof line);
  return err;
}

int basic_auth_load(struct basic_auth *a, const char *spec, struct error *e)
{
  const char *colon = strchr(spec, ':');
  *a = (struct basic_auth){0};
  if (!colon)
    return error_say(e, UV_EINVAL, "'%s': expected USER:WHERE, a variable or a file", spec);
  int err = set_text(&a->user, "user", spec, (size_t)(colon - spec), e);
  if (err)
    return err;
  const char *where = colon + 1;
  if (*where == '\0')
    return error_say(e, UV_EINVAL, "'%s': expected a variable or a file after the colon", spec);
  err = strchr(where, '/') ? load_file(a, where, e) : load_variable(a, where, e);
  if (err)
    basic_auth_release(a);
  return err;
}

void basic_auth_release(struct basic_auth *a)
{
  explicit_bzero(a, sizeof *a);
}

/* Allowing. */

/* What follows `Basic` and its spaces (RFC 9110 11.4); empty for another scheme. */
static struct span basic_credentials(struct span value)
{
  static const char scheme[] = "basic";
  size_t n = sizeof scheme - 1;
  if (value.length <= n || strncasecmp(value.data, scheme, n) != 0 || value.data[n] != ' ')
    return (struct span){"", 0};
  while (n < value.length && value.data[n] == ' ')
    n++;
  return span_skip(value, n);
}

/* Splits USER:PASSWORD at the first colon (RFC 7617 2). */
static bool split(struct basic_auth *a, const char *pair, size_t n)
{
  const char *colon = memchr(pair, ':', n);
  if (!colon)
    return false;
  size_t user = (size_t)(colon - pair), password = n - user - 1;
  return set_text(&a->user, "user", pair, user, NULL) == 0 &&
         set_text(&a->password, "password", colon + 1, password, NULL) == 0;
}

/* Looks at every byte, so that the time does not tell where the first difference is. */
static unsigned difference(const struct basic_auth_text *x, const struct basic_auth_text *y)
{
  volatile unsigned found = x->length ^ y->length;
  for (size_t i = 0; i < sizeof x->bytes; i++)
    found |= (unsigned)(x->bytes[i] ^ y->bytes[i]);
  return found;
}

static bool is_same(const struct basic_auth *a, const struct basic_auth *b)
{
  return (difference(&a->user, &b->user) | difference(&a->password, &b->password)) == 0;
}

bool basic_auth_allows(const struct basic_auth *a, struct span value)
{
  char pair[LONGEST_PAIR];
  struct basic_auth given = {0};
  ssize_t n = base64_decode(pair, sizeof pair, basic_credentials(value));
  bool allowed = n >= 0 && split(&given, pair, (size_t)n) && is_same(a, &given);
  explicit_bzero(pair, sizeof pair);
  basic_auth_release(&given);
  return allowed;
}
