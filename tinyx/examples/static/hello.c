/* SPDX-License-Identifier: BSD-3-Clause */
/* Greets whoever connects to port 7. */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
    int on = 1, server = socket(AF_INET, SOCK_STREAM, 0), client;

    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(server, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(server, 16) < 0) {
        perror("hello");
        return 1;
    }
    for (;;) {
        client = accept(server, NULL, NULL);
        if (client < 0)
            continue;
        dprintf(client, "Hello from C\n");
        close(client);
    }
}
