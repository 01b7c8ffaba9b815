/* Names of members and rooms: visible characters, compared without case. */
#ifndef ANET_CMD_CHAT_NAME_H
#define ANET_CMD_CHAT_NAME_H

#include "core/base/span.h"

#include <locale.h>
#include <stdbool.h>

enum { NAME_MOST_CHARACTERS = 32, NAME_SIZE = NAME_MOST_CHARACTERS * 4 + 1 };

/* Whether `s`, which is UTF-8, is 1 to NAME_MOST_CHARACTERS characters, none of them white space or
 * one that nobody sees (Unicode's Default_Ignorable_Code_Point). */
bool name_is_one(struct span s);

/* What a name is compared by, into `key` of NAME_SIZE: its letters small, as `locale` has them,
 * which is one of UTF-8; or 0, and only those of ASCII are. */
void name_fold(char *key, struct span name, locale_t locale);

#endif
