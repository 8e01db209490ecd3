/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks so many servers, at addresses that count up, for the date (RFC 867); prints how many told
 * it. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT       13
#define PATIENCE_S 5

static bool tells(uint32_t address)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(address)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), hour, minute, second;
    char text[128] = "";
    bool told = false;

    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
        recv(fd, text, sizeof(text) - 1, 0) > 0)
        told = sscanf(text, "%*s %*s %*d %d:%d:%d", &hour, &minute, &second) == 3;
    close(fd);
    return told;
}

int main(int argc, char **argv)
{
    struct in_addr first;
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0, told = 0;

    if (count <= 0 || inet_aton(argv[1], &first) == 0) {
        fputs("Usage: bench-tell FIRST-ADDRESS COUNT\n", stderr);
        return 2;
    }
    for (long i = 0; i < count; i++) {
        uint32_t address = ntohl(first.s_addr) + (uint32_t)i;

        if (tells(address))
            told++;
        else
            fprintf(stderr, "bench-tell: number %ld does not tell\n", i + 1);
    }
    printf("%ld\n", told);
    return 0;
}
