/* What a client costs, for the cases of `anet fetch`:
 *
 *   child run COUNT FILE COMMAND...   COUNT times, one after the other
 *   child drain SIZE                  the reader at the other end of a pipe
 *
 * run adds a line to FILE for each run, its CPU time and its wall time in µs;
 * the command has the stdin, stdout and stderr that child has, and must exit
 * with 0. CPU time is what wait4 says, user and system: the kernel scales the
 * two so that their sum is what its scheduler saw, whatever the tick.
 *
 * drain reads its stdin to the end, which must come after SIZE bytes. */
#include "net.h"

#include <err.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 * 1000 };

static int64_t now_us(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t cpu_us(const struct rusage *used)
{
  return (int64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000 +
         used->ru_utime.tv_usec + used->ru_stime.tv_usec;
}

static void run_once(FILE *times, char **command)
{
  struct rusage used;
  int status;
  pid_t pid;
  int64_t start = now_us();
  int code = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);

  if (code)
    errx(1, "%s: %s", command[0], strerror(code));
  if (wait4(pid, &status, 0, &used) != pid)
    err(1, "wait4");
  if (status)
    errx(1, "%s: wait status %#x", command[0], (unsigned)status);
  fprintf(times, "%lld %lld\n", (long long)cpu_us(&used), (long long)(now_us() - start));
}

static void run(uint64_t count, const char *file, char **command)
{
  FILE *times = fopen(file, "ae"); /* e: the command does not get it */

  if (!times)
    err(1, "%s", file);
  for (uint64_t i = 0; i < count; i++)
    run_once(times, command);
  if (fclose(times))
    err(1, "%s", file);
}

static void drain(uint64_t size)
{
  static char chunk[CHUNK];
  uint64_t total = 0;
  ssize_t n;

  while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0)
    total += (uint64_t)n;
  if (n < 0)
    err(1, "read");
  if (total != size)
    errx(1, "%llu bytes came, not %llu", (unsigned long long)total, (unsigned long long)size);
}

int main(int argc, char **argv)
{
  if (argc > 4 && strcmp(argv[1], "run") == 0)
    run(parse_number(argv[2], RUNS_MAX), argv[3], argv + 4);
  else if (argc == 3 && strcmp(argv[1], "drain") == 0)
    drain(parse_number(argv[2], INT64_MAX));
  else
    errx(2, "usage: child run COUNT FILE COMMAND... | child drain SIZE");
  return 0;
}
