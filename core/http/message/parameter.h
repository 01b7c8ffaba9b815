/* Parameters after a value: `text/html; charset=utf-8` (RFC 9110 5.6.6). Pure. */
#ifndef ANET_CORE_HTTP_MESSAGE_PARAMETER_H
#define ANET_CORE_HTTP_MESSAGE_PARAMETER_H

#include "core/base/span.h"

/* Takes the next piece between semicolons off `rest`, as `name` and what follows its `=`, which is
 * still quoted if it was; `value.data` is NULL without a `=`. The first piece is what the
 * parameters belong to, `text/html`. Quoted strings are not cut; empty pieces are given, with an
 * empty name. False at the end. */
bool http_piece_next(struct span *rest, struct span *name, struct span *value);

/* Whether a value, its parameters aside, is `text`, whatever its case. */
bool http_value_is(struct span value, const char *text);

/* Whether there is such a parameter, well-formed or not. */
bool http_has_parameter(struct span value, const char *name);

/* The value of a parameter of a media type or disposition: `boundary` of
 * `multipart/form-data; boundary="a b"`, without its quotes and with quoted pairs undone; but a
 * backslash stays unless a quote or a backslash follows, for the Windows paths that some clients
 * send. True if it is there, well-formed, without NUL, and fits `room` bytes with its NUL.
 * The first of several counts. */
bool http_parameter(struct span value, const char *name, char *out, size_t room);

/* The same of a parameter whose name ends in an asterisk, as `filename*`, in UTF-8: its value is
 * `UTF-8''na%C3%AFve.txt` (RFC 8187, before it RFC 5987), or the same in ISO-8859-1; some clients
 * put it in quotes. */
bool http_extended_parameter(struct span value, const char *name, char *out, size_t room);

#endif
