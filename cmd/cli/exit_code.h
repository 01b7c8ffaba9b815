/* The exit codes, by which a script tells failures apart. */
#ifndef ANET_CMD_CLI_EXIT_CODE_H
#define ANET_CMD_CLI_EXIT_CODE_H

/* From 6 on the numbers are those of curl. */
enum exit_code {
  EXIT_DONE = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_NOT_RESOLVED = 6,
  EXIT_NOT_CONNECTED = 7,
  EXIT_CUT_SHORT = 18,
  EXIT_HTTP_STATUS = 22,
  EXIT_CANNOT_WRITE = 23,
  EXIT_TIMED_OUT = 28,
  EXIT_REDIRECTS = 47,
  EXIT_EMPTY_REPLY = 52,
  EXIT_RECEIVING = 56,
};

/* Ends the program as the signal `number` does by default, so that a shell sees 128 + number.
 * Flushes nothing, and waits for nothing that exit would wait for. */
_Noreturn void exit_by_signal(int number);

#endif
