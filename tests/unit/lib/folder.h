/* A temporary folder, and what a test puts into it. */
#ifndef ANET_TESTS_FOLDER_H
#define ANET_TESTS_FOLDER_H

#include <limits.h>
#include <sys/types.h>

struct reactor;

/* What a test in a folder of its own gets. */
struct folder {
  struct reactor *reactor;
  int dir;
  char path[PATH_MAX];
};

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int folder_setup(void **state); /* *state becomes the test's struct folder */
int folder_teardown(void **state);

/* Makes a folder and returns it opened. Names are taken from there, and whatever cannot be made
 * fails the test. */
int folder_make(char path[PATH_MAX]); /* its absolute path, without links */
void folder_remove(const char *path); /* with all that is in it */

void folder_put(int dir, const char *name, const char *text); /* a file */
void folder_sub(int dir, const char *name);                   /* a folder */
void folder_mode(int dir, const char *name, mode_t mode);
void folder_link(int dir, const char *name, const char *target);
void folder_fifo(int dir, const char *name);
void folder_socket(const char *path, const char *name);

#endif
