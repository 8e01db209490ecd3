/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compute service: jobs come in, each is run in a VM (or a process) of its own, answered, and
 * cleared away. One loop for both: results first, then new jobs, then clearing away.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../guests/job/e.h"
#include "bench.h"
#include "compute.h"

#define TIMER (UINT64_MAX - 1)

static const char usage[] =
    "Usage: bench-compute --vm CONFIG | --process PROGRAM\n"
    "                     --digits N --count N [--rate JOBS-A-SECOND]\n"
    "                     [--at-once N] [--seed S]\n"
    "  --rate     jobs come in by themselves (a Poisson process); else the next one comes when\n"
    "             one has ended\n"
    "  --at-once  how many may run (8); more wait\n";

static void parse(int argc, char **argv, struct compute *c)
{
    static const struct option options[] = {
        {"vm", required_argument, NULL, 'v'},     {"process", required_argument, NULL, 'p'},
        {"digits", required_argument, NULL, 'd'}, {"count", required_argument, NULL, 'n'},
        {"rate", required_argument, NULL, 'r'},   {"at-once", required_argument, NULL, 'a'},
        {"seed", required_argument, NULL, 's'},   {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

        if (opt == 'v')
            c->config = optarg;
        else if (opt == 'p')
            c->program = optarg;
        else if (opt == 'd')
            c->digits = (unsigned int)number;
        else if (opt == 'n')
            c->count = number;
        else if (opt == 'r')
            c->rate = strtod(optarg, NULL);
        else if (opt == 'a')
            c->at_once = number;
        else if (opt == 's')
            c->seed = number;
        else
            c->at_once = 0;
        if (opt == '?')
            break;
    }
    if (!c->config == !c->program || !c->count || !c->at_once ||
        c->at_once > sizeof(c->live) / sizeof(c->live[0]) || c->digits < 10 ||
        c->digits > E_DIGITS_MAX) {
        fputs(usage, stderr);
        exit(2);
    }
}

void compute_watch(struct compute *c, int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

    if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll", NULL);
}

void compute_heard(struct compute *c, struct compute_job *job)
{
    char right[COMPUTE_TEXT];

    if (job->done_ns || !memchr(job->text, '\n', job->length))
        return;
    job->done_ns = now_ns() - job->due;
    snprintf(right, sizeof(right), "job %zu: %010llu\n", (size_t)(job - c->jobs),
             (unsigned long long)c->answer);
    /* A console may end its lines as terminals do. */
    job->length -= job->length > 1 && job->text[job->length - 2] == '\r';
    job->text[job->length - 1] = '\n';
    job->right = job->length == strlen(right) && memcmp(job->text, right, job->length) == 0;
}

static void plan(struct compute *c)
{
    uint64_t at = now_ns() + 10000000;

    c->jobs = calloc(c->count, sizeof(*c->jobs));
    if (!c->jobs)
        die("memory", NULL);
    srand48((long)c->seed);
    c->begin = at;
    for (size_t i = 0; c->rate > 0 && i < c->count; i++) {
        at += (uint64_t)(-log(1 - drand48()) * 1e9 / c->rate);
        c->jobs[i].due = at;
    }
}

static void start_due(struct compute *c)
{
    for (; c->next < c->count && c->running < c->at_once; c->next++) {
        struct compute_job *job = &c->jobs[c->next];
        uint64_t now = now_ns();

        if (c->rate > 0 && job->due > now)
            return;
        if (c->rate <= 0)
            job->due = now;
        c->way->start(c, job, c->next);
        job->started = true;
        c->live[c->running++] = c->next;
    }
}

/* Those that are answered are about to end; any, where an end was signalled. */
static void finish_some(struct compute *c, bool any)
{
    for (size_t i = 0; i < c->running;) {
        struct compute_job *job = &c->jobs[c->live[i]];

        if ((!any && !job->done_ns) || !c->way->finish(c, job)) {
            i++;
            continue;
        }
        job->ended = true;
        c->ended++;
        c->live[i] = c->live[--c->running];
    }
}

static void set_timer(struct compute *c, int timer)
{
    uint64_t at =
        c->rate > 0 && c->next < c->count && c->running < c->at_once ? c->jobs[c->next].due : 0;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)}};
    uint64_t expirations;

    (void)!read(timer, &expirations, sizeof(expirations));
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void run(struct compute *c)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event events[64];

    compute_watch(c, timer, TIMER);
    while (c->ended < c->count) {
        bool some_end = false;
        int n;

        start_due(c);
        set_timer(c, timer);
        n = epoll_wait(c->epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            uint64_t data = events[i].data.u64;

            if (data == COMPUTE_SOME_END) {
                c->way->ack(c);
                some_end = true;
            } else if (data != TIMER && !c->jobs[data].ended) {
                c->way->read(c, &c->jobs[data]);
            }
        }
        start_due(c);
        finish_some(c, some_end);
    }
    close(timer);
}

static void report(struct compute *c, uint64_t took)
{
    json_t *ns = json_array(), *doc;
    size_t right = 0;

    for (size_t i = 0; i < c->count; i++) {
        right += c->jobs[i].right;
        if (!c->jobs[i].right)
            fprintf(stderr, "bench-compute: job %zu said: %.*s\n", i, (int)c->jobs[i].length,
                    c->jobs[i].text);
        json_array_append_new(ns, json_integer((json_int_t)c->jobs[i].done_ns));
    }
    doc = json_pack("{s:s, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:o}", "way",
                    c->config ? "vm" : "process", "digits", (json_int_t)c->digits, "count",
                    (json_int_t)c->count, "rate", c->rate, "at_once", (json_int_t)c->at_once,
                    "seed", (json_int_t)c->seed, "right", (json_int_t)right, "took_ns",
                    (json_int_t)took, "ns", ns);
    json_dumpf(doc, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(doc);
}

int main(int argc, char **argv)
{
    struct compute c = {.at_once = 8, .seed = 1};

    parse(argc, argv, &c);
    c.answer = e_last_ten(c.digits);
    c.err = chaos_error_new();
    c.epoll = epoll_create1(EPOLL_CLOEXEC);
    c.way = c.config ? &compute_vm : &compute_process;
    c.way->open(&c);
    plan(&c);
    run(&c);
    report(&c, now_ns() - c.begin);
    c.way->close(&c);
    free(c.jobs);
    chaos_error_free(c.err);
    return 0;
}
