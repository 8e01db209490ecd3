/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The leak oracle: records what exists in Dom0 and in the hypervisor, and later says what is there
 * that was not, or has gone.
 *
 * Pages are compared with some slack, because tables of Xen's for Dom0 (event channels, grants
 * mapped) grow with the first use and are kept.
 */
#include "oracle.h"

#include <errno.h>
#include <getopt.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_SLACK 8
#define DEFAULT_WAIT  5.0

static const char usage[] = "Usage: chaos-oracle save FILE [PROGRAM...]\n"
                            "       chaos-oracle check [--slack PAGES] [--wait SECONDS] [--ignore "
                            "REGEX] FILE [PROGRAM...]\n"
                            "       chaos-oracle tree\n"
                            "\n"
                            "save records what exists. check waits until that is so again, at most "
                            "5 seconds, and else prints\n"
                            "each difference as a line and exits with 1. tree prints what is in "
                            "XenStore. PROGRAM: whose processes "
                            "and open files count (chaos\n"
                            "and chaosd). --slack: pages that may be missing (8). Exit status 2: "
                            "the oracle itself failed.\n";

void oracle_fail(const char *what)
{
    fprintf(stderr, "chaos-oracle: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void push(struct state *state, char *line)
{
    if (state->count == state->room) {
        state->room = state->room ? 2 * state->room : 256;
        state->lines = realloc(state->lines, state->room * sizeof(*state->lines));
        if (!state->lines)
            oracle_fail("memory");
    }
    state->lines[state->count++] = line;
}

void state_add(struct state *state, const char *format, ...)
{
    va_list args;
    char *line, *c;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        oracle_fail("memory");
    va_end(args);
    for (c = line; *c; c++)
        if (*c == '\n') /* a file's name may hold one */
            *c = '?';
    push(state, line);
}

static void clear(struct state *state)
{
    while (state->count > 0)
        free(state->lines[--state->count]);
    free(state->lines);
    *state = (struct state){0};
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void record(struct state *state, char *const *programs)
{
    record_host(state, programs);
    record_xen(state);
    record_grants(state);
    record_xenstore(state);
    if (state->count > 0)
        qsort(state->lines, state->count, sizeof(*state->lines), by_text);
}

static void save(const char *path, char *const *programs)
{
    struct state state = {0};
    FILE *file;
    size_t i;

    record(&state, programs);
    file = fopen(path, "we");
    if (!file)
        oracle_fail(path);
    fprintf(file, "%ld\n", state.pages);
    for (i = 0; i < state.count; i++)
        fprintf(file, "%s\n", state.lines[i]);
    if (fclose(file))
        oracle_fail(path);
    clear(&state);
}

static void load(const char *path, struct state *state)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (!file || getline(&line, &room, file) < 0)
        oracle_fail(path);
    state->pages = atol(line);
    while ((len = getline(&line, &room, file)) > 0) {
        line[len - 1] = 0;
        state_add(state, "%s", line);
    }
    free(line);
    fclose(file);
}

static void print_tree(void)
{
    struct state state = {0};
    size_t i;

    record_xenstore(&state);
    if (state.count > 0)
        qsort(state.lines, state.count, sizeof(*state.lines), by_text);
    for (i = 0; i < state.count; i++)
        puts(state.lines[i] + strlen("xenstore "));
    clear(&state);
}

static size_t run_length(const struct state *state, size_t at, const char *line)
{
    size_t n = 0;

    while (at + n < state->count && !strcmp(state->lines[at + n], line))
        n++;
    return n;
}

/* Counts the differences, and prints them if asked. */
static int compare(const struct state *old, const struct state *new, long slack,
                   const regex_t *ignore, int print)
{
    size_t i = 0, j = 0, was, is;
    int differences = 0;
    const char *line;

    while (i < old->count || j < new->count) {
        if (i == old->count || (j < new->count &&strcmp(new->lines[j], old->lines[i]) < 0))
            line = new->lines[j];
        else
            line = old->lines[i];
        was = run_length(old, i, line);
        is = run_length(new, j, line);
        i += was;
        j += is;
        if (was == is || (ignore && !regexec(ignore, line, 0, NULL, 0)))
            continue;
        differences++;
        if (print)
            printf("oracle: %s: was %zu, is %zu\n", line, was, is);
    }
    if (new->pages < old->pages - slack) {
        differences++;
        if (print)
            printf("oracle: free pages: was %ld, is %ld (%ld missing)\n", old->pages, new->pages,
                   old->pages - new->pages);
    }
    return differences;
}

static int check(const char *path, char *const *programs, long slack, double wait,
                 const regex_t *ignore)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    struct state old = {0}, new = {0};
    struct timespec start, now;
    int differences, last;

    load(path, &old);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        last = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 >=
               wait;
        record(&new, programs);
        differences = compare(&old, &new, slack, ignore, last);
        if (!differences || last)
            break;
        clear(&new);
        nanosleep(&pause, NULL);
    }
    if (!differences)
        printf("oracle: clean\n");
    clear(&old);
    clear(&new);
    return differences != 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"slack", 1, NULL, 's'},
                                            {"wait", 1, NULL, 'w'},
                                            {"ignore", 1, NULL, 'i'},
                                            {"help", 0, NULL, 'h'},
                                            {0}};
    char *default_programs[] = {"chaos", "chaosd", NULL}, **programs;
    long slack = DEFAULT_SLACK;
    double wait = DEFAULT_WAIT;
    int ignoring = 0, c;
    regex_t ignore;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 's') {
            slack = atol(optarg);
        } else if (c == 'w') {
            wait = atof(optarg);
        } else if (c == 'i' && !regcomp(&ignore, optarg, REG_EXTENDED | REG_NOSUB)) {
            ignoring = 1;
        } else if (c == 'h') {
            return fputs(usage, stdout) < 0;
        } else {
            fputs(usage, stderr);
            return 2;
        }
    }
    argv += optind;
    argc -= optind;
    if (argc == 1 && !strcmp(argv[0], "tree")) {
        print_tree();
        return 0;
    }
    if (argc < 2) {
        fputs(usage, stderr);
        return 2;
    }
    programs = argc > 2 ? argv + 2 : default_programs;
    if (!strcmp(argv[0], "save")) {
        save(argv[1], programs);
        return 0;
    }
    if (!strcmp(argv[0], "check"))
        return check(argv[1], programs, slack, wait, ignoring ? &ignore : NULL);
    fputs(usage, stderr);
    return 2;
}
