/* Sockets as anet wants them: non-blocking, closed on exec, with the options every command uses.
 * Each call returns a descriptor or 0, or a negative errno. */
#ifndef ANET_CORE_OS_SOCKET_H
#define ANET_CORE_OS_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Turns on what a TCP connection should have; on a listening socket, so that the connections it
 * accepts have it without a call each (Linux and the BSDs hand these options down). No delay
 * (Nagle's algorithm waits for an answer we may be about to cause), keep-alive that finds a dead
 * peer within two minutes, and urgent data in line, so that none is lost. Nothing for a unix
 * socket. Never fails: a connection without them still works. */
void socket_tune(int fd, int family);

/* A stream socket that is ready for connect(2). `data_follows` says that something is sent as soon
 * as the connection stands: over TCP the last packet of the handshake then waits for it and the
 * two leave as one, which saves a tenth of what a short connection costs. */
int socket_for_connect(int family, bool data_follows);

/* A stream socket bound to `sa`, not yet listening unless `sa` is a unix path. `dual` lets an IPv6
 * one take IPv4 too. A unix path with a socket that nobody listens on is replaced; one that is
 * alive, or is no socket, gives UV_EADDRINUSE. Of several servers that replace one path at once,
 * one gets it: meanwhile they lock its folder (flock(2), for up to a second). */
int socket_bound(const struct sockaddr *sa, socklen_t size, bool dual);

/* How long a TCP peer has not acknowledged bytes of ours or a probe of its closed window; 0 when
 * nothing is unacknowledged, or that is not known. */
uint64_t socket_unanswered_ms(int fd);

/* The pending error of a socket, which asking clears: a negative errno, or 0. Also 0 for a
 * descriptor that is not a socket. */
int socket_error(int fd);

/* How many received bytes have not been read. */
uint64_t socket_unread(int fd);

/* How many sent bytes the peer has not acknowledged. */
uint64_t socket_unsent(int fd);

/* Whether it is a unix socket. */
bool socket_is_unix(int fd);

/* The address at this end, or the other. */
int socket_name(int fd, struct sockaddr_storage *sa, socklen_t *size);
int socket_peer(int fd, struct sockaddr_storage *sa, socklen_t *size);

#endif
