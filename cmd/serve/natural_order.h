/* Natural order: "file9" comes before "file10". */
#ifndef ANET_CMD_SERVE_NATURAL_ORDER_H
#define ANET_CMD_SERVE_NATURAL_ORDER_H

/* Compares like strcmp: numbers by their value, ASCII letters without case. If that finds no
 * difference, byte by byte, so 0 is only for equal texts. */
int natural_order_compare(const char *a, const char *b);

#endif
