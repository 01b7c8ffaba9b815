/* The order of the eye. */
#ifndef ANET_CMD_SERVE_NATURAL_ORDER_H
#define ANET_CMD_SERVE_NATURAL_ORDER_H

/* Compares as strcmp: digits by the value of their number, ASCII letters whatever their case, and
 * byte by byte where that is the same. So 0 only for equal texts. */
int natural_order_compare(const char *a, const char *b);

#endif
