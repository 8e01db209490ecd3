/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether guests are there: those that echo what they read on their console, and others. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mass.h"

#define PATIENCE_MS 5000

/* Reads until `word` was among what came; what the guest wrote before is skipped. */
static bool hear(chaos_console *con, const char *word)
{
    struct pollfd pfd = {.fd = chaos_console_fd(con), .events = POLLIN};
    char text[4096];
    size_t length = 0;

    for (;;) {
        int n = chaos_console_read(con, text + length, sizeof(text) - 1 - length);

        if (n < 0)
            return false;
        length += (size_t)n;
        text[length] = '\0';
        if (strstr(text, word))
            return true;
        if (n > 0)
            continue;
        if (poll(&pfd, 1, PATIENCE_MS) != 1)
            return false;
        chaos_console_ack(con);
    }
}

static bool answers(chaos_host *host, size_t nr, unsigned int number, chaos_error *err)
{
    struct chaos_domain dom;
    chaos_console *con;
    char name[32], word[32], echo[48];
    bool heard;

    snprintf(name, sizeof(name), "mass-%zu", nr);
    snprintf(word, sizeof(word), "word-%u\n", number);
    snprintf(echo, sizeof(echo), "echo: word-%u\n", number);
    if (chaos_find(host, name, &dom, err) < 0 || chaos_console_open(host, &dom, &con, err) < 0)
        die(name, err);
    heard = chaos_console_write(con, word, strlen(word)) == (int)strlen(word) && hear(con, echo);
    chaos_console_close(con);
    if (!heard)
        fprintf(stderr, "bench-mass: %s does not answer\n", name);
    return heard;
}

size_t ask_some(const struct mass *mass, chaos_host *host, chaos_error *err)
{
    size_t answered = 0;

    srandom((unsigned int)mass->seed);
    for (size_t i = 0; i < mass->ask; i++) {
        size_t nr = (size_t)random() % mass->count + 1;

        answered += answers(host, nr, (unsigned int)random(), err);
    }
    return answered;
}

size_t ask_all(const struct mass *mass)
{
    FILE *from = mass->answer ? popen(mass->answer, "r") : NULL;
    size_t answered = 0;

    if (!mass->answer)
        return 0;
    if (!from || fscanf(from, "%zu", &answered) != 1 || pclose(from) != 0)
        die(mass->answer, NULL);
    return answered;
}
