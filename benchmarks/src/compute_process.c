/* SPDX-License-Identifier: BSD-3-Clause */
/* The same job in a process: fork and exec, its result comes through a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "compute.h"

static int children = -1;

static void process_open(struct compute *c)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (children < 0)
        die("signalfd", NULL);
    compute_watch(c, children, COMPUTE_SOME_END);
}

static void process_start(struct compute *c, struct compute_job *job, size_t nr)
{
    char digits[16], number[16];
    char *argv[] = {(char *)c->program, digits, number, NULL};
    int ends[2];

    snprintf(digits, sizeof(digits), "%u", c->digits);
    snprintf(number, sizeof(number), "%zu", nr);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        die("pipe", NULL);
    job->pid = fork();
    if (job->pid < 0)
        die("fork", NULL);
    if (job->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execv(c->program, argv);
        _exit(127);
    }
    close(ends[1]);
    job->fd = ends[0];
    compute_watch(c, job->fd, nr);
}

static void process_read(struct compute *c, struct compute_job *job)
{
    ssize_t n = read(job->fd, job->text + job->length, sizeof(job->text) - 1 - job->length);

    if (n > 0)
        job->length += (size_t)n;
    else if (n == 0) /* all was said; its end is told by SIGCHLD */
        epoll_ctl(c->epoll, EPOLL_CTL_DEL, job->fd, NULL);
    compute_heard(c, job);
}

static bool process_finish(struct compute *c, struct compute_job *job)
{
    pid_t pid = waitpid(job->pid, NULL, WNOHANG);

    if (pid == 0)
        return false;
    process_read(c, job);
    close(job->fd);
    return true;
}

static void process_ack(struct compute *c)
{
    struct signalfd_siginfo info;

    (void)c;
    (void)!read(children, &info, sizeof(info));
}

static void process_close(struct compute *c)
{
    (void)c;
    close(children);
}

const struct compute_way compute_process = {process_open,   process_start, process_read,
                                            process_finish, process_ack,   process_close};
