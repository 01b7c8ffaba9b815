/* One line for each fact, on stderr: text, or a JSON object. Any thread may write one. A program
 * that runs is never delayed by a slow or stalled reader of stderr: log_queue.h. */
#ifndef ANET_CORE_BASE_LOG_H
#define ANET_CORE_BASE_LOG_H

#include "core/base/buffer.h"
#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level {
  LOG_ERROR,  /* always shown */
  LOG_NOTICE, /* what was asked for, such as the counters: always shown */
  LOG_INFO,   /* left out by -q */
  LOG_DEBUG,  /* shown by -v */
};

/* Chooses the lines and their form, before the first line and any other thread. `command` is
 * borrowed and stands in each line. These settings, the queue of lines (log_queue.h) and the tables
 * of opened libraries are all that the program keeps at file scope. */
void log_setup(const char *command, enum log_level level, bool json);

/* Whether a line of `level` would be written, for a caller that must work to make one. */
bool log_enabled(enum log_level level);

/* Whether lines are JSON, for a caller whose text has a form of its own. */
bool log_is_json(void);

/* A named value of an event. */
struct log_field {
  const char *name;
  const char *text; /* NULL when it is `number` */
  size_t length;    /* of a text that has no NUL at its end; 0 when it has */
  uint64_t number;
  bool milli; /* `number` counts thousandths: 1234 is 1.234 */
};

/* `anet: COMMAND: EVENT NAME VALUE NAME VALUE ...`: fields in the order that reads as a sentence,
 * "connected" "from" A "to" B; in JSON an object with the time, the level, the command, the event
 * and the fields. The list ends with a field whose name is NULL. Texts are escaped. */
void log_event(enum log_level level, const char *event, const struct log_field *fields);

/* A line that was made elsewhere, escaped and without its newline: writes it as it is, and
 * releases it. Whether it is wanted is the caller's to ask. */
void log_line(struct buffer *line);

/* `anet: COMMAND: FORMAT`, at LOG_ERROR, however long. The text is escaped, but for its
 * backslashes: what came from outside is escaped before, as `struct error` has it. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line of `event` and why, for a program that ends within a signal's handler: takes no memory and
 * no lock, and goes before what waits. */
void log_last_words(const char *event, int code);

#endif
