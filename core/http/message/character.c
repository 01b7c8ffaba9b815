#include "core/http/message/character.h"

/* The mixtures of classes that there are, in a letter each to make the table one. */
enum {
  _ = 0,
  W = HTTP_IN_VALUE,                                     /* space and tab */
  H = HTTP_IN_VALUE | HTTP_IN_TOKEN,                     /* the number sign begins a fragment */
  V = HTTP_IN_VALUE | HTTP_IN_TARGET,                    /* delimiters, and what is not ASCII */
  S = HTTP_IN_VALUE | HTTP_IN_TARGET | HTTP_IN_REG_NAME, /* sub-delims that are no tchar */
  T = HTTP_IN_VALUE | HTTP_IN_TARGET | HTTP_IN_TOKEN,    /* tchars that no host has */
  N = T | HTTP_IN_REG_NAME,                              /* letters, and what may be anywhere */
  X = N | HTTP_HEX_DIGIT,
};

const uint8_t http_classes[256] = {
    /* controls, with the tab */
    _, _, _, _, _, _, _, _, _, W, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _,
    /*  !"#$%&'()*+,-./0123456789:;<=>? */
    W, N, V, H, N, T, N, N, S, S, N, N, S, N, N, V, X, X, X, X, X, X, X, X, X, X, V, S, V, S, V, V,
    /* @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_ */
    V, X, X, X, X, X, X, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, V, V, V, T, N,
    /* `abcdefghijklmnopqrstuvwxyz{|}~ and DEL */
    T, X, X, X, X, X, X, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, V, T, V, N, _,
    /* from 0x80 */
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V,
    V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V};
