#include "core/os/landlock.h"

#include <sys/syscall.h>

#ifdef SYS_landlock_create_ruleset

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The kernel's interface, landlock(7), is written down here: a distribution's headers are often
 * older than the kernel they meet. */
enum {
  CREATE_RULESET_VERSION = 1,
  RULE_PATH_BENEATH = 1,

  FS_WRITE_FILE = 1 << 1,
  FS_READ_FILE = 1 << 2,
  FS_READ_DIR = 1 << 3,
  FS_REMOVE_FILE = 1 << 5,
  FS_MAKE_REG = 1 << 8,
  FS_REFER = 1 << 13,
  FS_TRUNCATE = 1 << 14,
};

struct ruleset {
  uint64_t fs, net, scoped;
};

struct path_beneath {
  uint64_t allowed;
  int32_t folder;
};

/* All that there is to give up, by the ABI. What an ABI does not know must not be asked of it. */
static const struct ruleset handled[] = {
    [1] = {.fs = 0x1fff},
    [2] = {.fs = 0x3fff}, /* refer: rename and link from one folder into another */
    [3] = {.fs = 0x7fff}, /* truncate */
    [4] = {.fs = 0x7fff, .net = 3},
    [5] = {.fs = 0xffff, .net = 3}, /* ioctl of devices */
    [6] = {.fs = 0xffff, .net = 3, .scoped = 3},
    [7] = {.fs = 0xffff, .net = 3, .scoped = 3},
};

enum { NEWEST = sizeof handled / sizeof *handled - 1 };

static int newest_abi(void)
{
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
  if (abi >= 0)
    return (int)abi;
  /* Not built in; not switched on; refused by a filter of system calls. */
  return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
}

static uint64_t granted(const struct landlock_folder *folder)
{
  uint64_t rights = 0;
  if (folder->readable)
    rights |= FS_READ_FILE | FS_READ_DIR;
  if (folder->writable)
    rights |= FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_REMOVE_FILE | FS_REFER;
  if (folder->removable)
    rights |= FS_REMOVE_FILE;
  return rights;
}

static int grant(int ruleset, const struct landlock_folder *folder, uint64_t known)
{
  struct path_beneath rule = {.allowed = granted(folder) & known, .folder = folder->fd};
  if (rule.allowed == 0)
    return 0; /* the kernel takes no empty rule */
  return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

#ifdef __SANITIZE_ADDRESS__
/* At the end of the program LeakSanitizer reads of its threads in /proc, and fails if it cannot. */
static int grant_to_sanitizer(int ruleset, uint64_t known)
{
  struct landlock_folder self = {.fd = open("/proc/self", O_PATH | O_CLOEXEC), .readable = true};
  if (self.fd < 0)
    return -errno;
  int err = grant(ruleset, &self, known);
  close(self.fd);
  return err;
}
#else
static int grant_to_sanitizer(int ruleset, uint64_t known)
{
  (void)ruleset, (void)known;
  return 0;
}
#endif

static int restrict_to(int ruleset)
{
  /* Without it a program that gains rights when it is executed could be led astray. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return -errno;
  return syscall(SYS_landlock_restrict_self, ruleset, 0) ? -errno : 0;
}

int landlock_enter(const struct landlock_folder *folders, size_t count)
{
  int abi = newest_abi();
  if (abi <= 0)
    return abi;
  const struct ruleset *known = &handled[abi < NEWEST ? abi : NEWEST];
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, known, sizeof *known, 0);
  if (ruleset < 0)
    return -errno;
  int err = grant_to_sanitizer(ruleset, known->fs);
  for (size_t i = 0; i < count && !err; i++)
    err = grant(ruleset, &folders[i], known->fs);
  if (!err)
    err = restrict_to(ruleset);
  close(ruleset);
  return err ? err : abi;
}

#else

int landlock_enter(const struct landlock_folder *folders, size_t count)
{
  (void)folders, (void)count;
  return 0;
}

#endif
