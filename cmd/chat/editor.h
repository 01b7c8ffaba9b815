/* A line being typed on the terminal while others talk: what they say appears above it.
 *
 * stdin and stdout are the terminal. libedit does the editing; it is opened on first use. It reads
 * nothing by itself, so the loop goes on while a line is being typed. */
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
  /* A line was typed: `n` bytes of UTF-8, and a newline behind them. Valid during the call. */
  void (*line)(struct editor *e, const char *text, size_t n);

  /* Ctrl-D on an empty line. */
  void (*ended)(struct editor *e);

  /* Ctrl-\. The handler ends the program, which must call editor_close first. */
  void (*quit)(struct editor *e);

  /* Tab behind `word`: appends to `rest` what completes it. False when nothing does. */
  bool (*complete)(struct editor *e, const char *word, size_t n, struct buffer *rest);
};

enum {
  EDITOR_PROMPT = 80,      /* characters of an unfinished line that can be the prompt */
  EDITOR_TAIL = 64 * 1024, /* bytes of it; a longer one is printed as if it were finished */
  EDITOR_HISTORY = 500,    /* lines */
};

struct editor {
  const struct editor_ops *ops;
  struct reactor *reactor;
  struct editline *el; /* NULL when it is not open */
  struct historyW *history;
  FILE *nowhere;           /* for libedit's complaints about the terminal */
  locale_t locale, before; /* one of UTF-8, and the one it replaces */
  struct signal_watch resize, suspend, quit;

  struct buffer typed;               /* not yet given to libedit, or the start of a key */
  size_t taken;                      /* bytes of `typed` taken by the key being read */
  bool starved;                      /* the rest of the key has not come */
  wchar_t pressed;                   /* a key of our own that comes first; 0 for none */
  struct buffer tail;                /* printed text behind the last newline */
  bool hidden;                       /* line and prompt are off the screen */
  bool stopped;                      /* no more keys are read */
  wchar_t prompt[EDITOR_PROMPT + 1]; /* the tail, if it is short */
  wchar_t *kept;                     /* the line while it is hidden */
  size_t kept_length, kept_cursor;
};

/* Takes over the terminal. 0; or a negative errno, and the terminal is unchanged: there is no
 * libedit, or the terminal cannot do it (TERM=dumb). */
int editor_open(struct editor *e, struct reactor *r, const struct editor_ops *ops);

/* Takes `n` bytes that were read from stdin. May call any handler. */
void editor_type(struct editor *e, const void *data, size_t n);

/* Prints text, escaped for a terminal (escape_part), above the line. What follows its last newline
 * becomes the prompt until the rest comes. 0 or UV_ENOMEM. */
int editor_print(struct editor *e, const void *text, size_t n);

/* Reads no more keys. For a handler that ends the program. */
void editor_stop(struct editor *e);

/* Restores the terminal, with the cursor below what was typed. Any number of times, also on one
 * that is all zero. Not from within a handler. */
void editor_close(struct editor *e);

#endif
