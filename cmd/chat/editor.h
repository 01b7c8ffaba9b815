/* A line that is typed on the terminal while others talk: what they say appears above it.
 *
 * stdin and stdout are the terminal. The editing is libedit's, which is opened on the first use; it
 * reads nothing by itself, so that the loop goes on while a line is typed. */
#ifndef ANET_CMD_CHAT_EDITOR_H
#define ANET_CMD_CHAT_EDITOR_H

#include "core/base/buffer.h"
#include "core/event/signal.h"

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

struct editor;
struct editline;
struct historyW;

struct editor_ops {
  /* A line was typed: `n` bytes of UTF-8 and a newline behind them, valid during the call. */
  void (*line)(struct editor *e, const char *text, size_t n);

  /* Ctrl-D on an empty line. */
  void (*ended)(struct editor *e);

  /* Ctrl-\. The terminal is to be given back before the program dies of it. */
  void (*quit)(struct editor *e);

  /* Tab behind `word`: appends to `rest` what is to be typed after it. False when there is nothing
   * to say. */
  bool (*complete)(struct editor *e, const char *word, size_t n, struct buffer *rest);
};

enum {
  EDITOR_PROMPT = 80, /* characters of a line that has no end yet, shown before what is typed */
  EDITOR_TAIL = 64 * 1024, /* bytes of it; a longer one is shown as if it had one */
  EDITOR_HISTORY = 500,    /* lines */
};

struct editor {
  const struct editor_ops *ops;
  struct reactor *reactor;
  struct editline *el; /* NULL when it is not open */
  struct historyW *history;
  FILE *nowhere;           /* for what libedit has to say of the terminal */
  locale_t locale, before; /* one of UTF-8, and what it stands in for */
  struct signal_watch resize, suspend, quit;

  struct buffer typed;               /* what libedit was not given yet, or the start of a key */
  size_t taken;                      /* of `typed`, by the key that is being read */
  bool starved;                      /* the key is not whole yet */
  wchar_t pressed;                   /* a key of our own that comes before those; 0 for none */
  struct buffer tail;                /* what was printed behind the last newline */
  bool hidden;                       /* neither line nor prompt is on the screen */
  bool stopped;                      /* no more keys are to be read */
  wchar_t prompt[EDITOR_PROMPT + 1]; /* the tail, if it is short */
  wchar_t *kept;                     /* the line while it is hidden */
  size_t kept_length, kept_cursor;
};

/* Takes the terminal over. 0; or a negative errno where there is no libedit or the terminal cannot
 * do it (TERM=dumb), and it is as it was. */
int editor_open(struct editor *e, struct reactor *r, const struct editor_ops *ops);

/* What was read from stdin. */
void editor_type(struct editor *e, const void *data, size_t n);

/* Prints text, which can do no harm to a terminal (escape_part), above the line. What is
 * behind its last newline stands before what is typed, as a prompt does, until the rest comes. 0 or
 * UV_ENOMEM. */
int editor_print(struct editor *e, const void *text, size_t n);

/* Reads no more keys: for a handler that ends it all. */
void editor_stop(struct editor *e);

/* Gives the terminal back with the cursor below what was typed. Any number of times, also on one
 * that is all zero. Not from within a handler. */
void editor_close(struct editor *e);

#endif
