/* Names of members and rooms: visible characters, compared without regard to case. */
#ifndef ANET_CMD_CHAT_NAME_H
#define ANET_CMD_CHAT_NAME_H

#include "core/base/span.h"

#include <locale.h>
#include <stdbool.h>

enum { NAME_MOST_CHARACTERS = 32, NAME_SIZE = NAME_MOST_CHARACTERS * 4 + 1 };

/* Whether `s` is UTF-8 of 1 to NAME_MOST_CHARACTERS characters, all of them visible: no white space
 * and none of Unicode's Default_Ignorable_Code_Point. */
bool name_is_valid(struct span s);

/* Writes to `key`, of NAME_SIZE bytes, what a name is compared by: its letters in lower case, as
 * `locale`, which is one of UTF-8, has them; with 0 only those of ASCII. False, and an empty key,
 * when `name` is not valid. */
bool name_fold(char *key, struct span name, locale_t locale);

#endif
