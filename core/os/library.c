#include "core/os/library.h"

#include <dlfcn.h>
#include <string.h>
#include <uv.h>

/* The linker's words begin with the name of the library in most cases: it is said once. */
static int fail(const struct library *l, struct error *e)
{
  const char *why = dlerror();
  size_t n = strlen(l->soname);
  if (!why)
    why = "no reason given";
  if (strncmp(why, l->soname, n) == 0 && strncmp(why + n, ": ", 2) == 0)
    why += n + 2;
  return error_say(e, UV_ENOSYS, "library %s: %s", l->soname, why);
}

/* RTLD_NOW, as a library that lacks one of its own is to be refused here and not to end the process
 * later. One that lacks a function is not closed: nothing is gained, and it may be in use. */
static int fill(struct library *l, struct error *e)
{
  void *handle = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fail(l, e);
  for (const struct library_symbol *s = l->symbols; s->name; s++) {
    void *address = dlsym(handle, s->name);
    if (!address)
      return fail(l, e);
    /* POSIX has the two kinds of pointers alike, C has no conversion. */
    memcpy((char *)l->functions + s->offset, &address, sizeof address);
  }
  return 0;
}

int library_open(struct library *l, struct error *e)
{
  int err = 0;
  pthread_mutex_lock(&l->guard);
  if (!l->is_open) {
    err = fill(l, e);
    l->is_open = err == 0;
  }
  pthread_mutex_unlock(&l->guard);
  return err;
}
