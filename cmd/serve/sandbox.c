#include "cmd/serve/sandbox.h"

#include <errno.h>
#include <stdint.h>
#include <uv.h>

#ifdef __linux__

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What later kernels than our header's know. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#endif

enum {
  CONNECT_AND_BIND = 3, /* the rights over TCP, of ABI 4 */
  SCOPES = 3,           /* abstract unix sockets and signals of others, of ABI 6 */
};

/* struct landlock_ruleset_attr as ABI 6 has it; older kernels take its beginning. */
struct ruleset {
  uint64_t files, net, scoped;
};

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                                LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;

/* Every right over files that the ABI knows: what is not among them would stay allowed. */
static uint64_t known_rights(int abi)
{
  uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* the thirteen of ABI 1 */
  if (abi >= 2)
    rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3)
    rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
  if (abi >= 5)
    rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
  return rights;
}

static int make_ruleset(int abi)
{
  const struct ruleset rules = {
      .files = known_rights(abi),
      .net = abi >= 4 ? CONNECT_AND_BIND : 0,
      .scoped = abi >= 6 ? SCOPES : 0,
  };
  size_t size = abi >= 6 ? sizeof rules : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
  long fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
  return fd < 0 ? -errno : (int)fd;
}

static int allow(int ruleset, const struct sandbox_folder *f, int abi)
{
  struct landlock_path_beneath_attr rule = {.parent_fd = f->fd};
  if (f->readable)
    rule.allowed_access |= reading;
  if (f->writable)
    rule.allowed_access |= writing & known_rights(abi);
  if (f->removable)
    rule.allowed_access |= LANDLOCK_ACCESS_FS_REMOVE_FILE;
  return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno
                                                                                           : 0;
}

/* A build with AddressSanitizer looks for leaks in /proc when the process ends. */
#ifdef __SANITIZE_ADDRESS__
static int allow_sanitizer(int ruleset, int abi)
{
  struct sandbox_folder proc = {.fd = open("/proc", O_PATH | O_CLOEXEC), .readable = true};
  int err = proc.fd < 0 ? -errno : allow(ruleset, &proc, abi);
  close(proc.fd);
  return err;
}
#else
static int allow_sanitizer(int ruleset, int abi)
{
  (void)ruleset;
  (void)abi;
  return 0;
}
#endif

int sandbox_enter(const struct sandbox_folder *folders, size_t count)
{
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) /* not built in, or not switched on */
    return 0;
  int ruleset = make_ruleset((int)abi);
  if (ruleset < 0)
    return ruleset;
  int err = allow_sanitizer(ruleset, (int)abi);
  for (size_t i = 0; i < count && !err; i++)
    err = allow(ruleset, &folders[i], (int)abi);
  if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    err = -errno;
  if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
    err = -errno;
  close(ruleset);
  return err ? err : (int)abi;
}

#else

int sandbox_enter(const struct sandbox_folder *folders, size_t count)
{
  (void)folders;
  (void)count;
  return 0;
}

#endif
