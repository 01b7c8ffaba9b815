/* One user and a password, checked by HTTP's Basic scheme (RFC 7617). */
#ifndef ANET_CMD_SERVE_BASIC_AUTH_H
#define ANET_CMD_SERVE_BASIC_AUTH_H

#include "core/base/error.h"
#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { BASIC_AUTH_LONGEST = 255 }; /* bytes of a user or of a password */

/* The rest of `bytes` is zero, so that a comparison takes the same time for all lengths. */
struct basic_auth_text {
  uint8_t length;
  char bytes[BASIC_AUTH_LONGEST];
};

struct basic_auth {
  struct basic_auth_text user, password;
};

/* Reads USER:WHERE. The password is the first line of the file WHERE if that has a slash, else the
 * value of the environment variable WHERE, which is then wiped and removed. 0; or a negative errno
 * with an error, which never contains the password, and there is nothing to release. */
int basic_auth_load(struct basic_auth *a, const char *spec, struct error *e);

/* Whether the value of an Authorization field names this user with this password. Takes the
 * same time whichever of them is wrong. */
bool basic_auth_allows(const struct basic_auth *a, struct span value);

/* Wipes user and password. */
void basic_auth_release(struct basic_auth *a);

#endif
