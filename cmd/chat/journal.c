#include "cmd/chat/journal.h"

#include "core/base/buffer.h"
#include "core/base/log.h"
#include "core/os/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Whether the file ends in a line without its newline. One that may not be read passes as whole. */
static bool ends_torn(int written, const char *path)
{
  struct stat st;
  char last = '\n';
  if (fstat(written, &st) || !S_ISREG(st.st_mode) || st.st_size == 0)
    return false;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return false;
  bool torn = pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
  close(fd);
  return torn;
}

static int open_to_append(const char *path)
{
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
}

int journal_open(struct journal *j, const char *path, struct error *e)
{
  *j = (struct journal){.path = path, .fd = -1};
  return journal_reopen(j, e);
}

int journal_reopen(struct journal *j, struct error *e)
{
  if (!j->path)
    return 0;
  int fd = open_to_append(j->path);
  if (fd < 0)
    return error_set(e, -errno, "write %s", j->path);
  journal_close(j);
  j->fd = fd;
  j->torn = ends_torn(fd, j->path);
  return 0;
}

static void note_loss(struct journal *j, int err)
{
  if (j->lost++ == 0)
    log_error("write %s: %s", j->path, error_words(err));
}

static void note_success(struct journal *j)
{
  if (j->lost > 0)
    log_error("write %s: works again; %llu lines are missing", j->path,
              (unsigned long long)j->lost);
  j->lost = 0;
}

void journal_write(struct journal *j, const char *room, struct span line)
{
  struct buffer text = {0};
  char date[32];
  time_t now = time(NULL);
  struct tm utc;
  size_t written = 0;
  if (j->fd < 0)
    return;
  gmtime_r(&now, &utc);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  int err = buffer_printf(&text, "%s%s %s %.*s\n", j->torn ? "\n" : "", date, room,
                          (int)line.length, line.data);
  if (!err)
    err = file_write_now(j->fd, buffer_data(&text), text.length, &written);
  if (written > 0)
    j->torn = written < text.length;
  if (err)
    note_loss(j, err);
  else
    note_success(j);
  buffer_release(&text);
}

void journal_close(struct journal *j)
{
  if (j->fd >= 0)
    close(j->fd);
  j->fd = -1;
}
