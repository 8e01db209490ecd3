/* SPDX-License-Identifier: BSD-3-Clause */
#include "process.h"

#include "arena.h"
#include "base/interrupt.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define TICK_US (200 * 1000)
#define MODE    (O_WRONLY | O_CREAT | O_APPEND)

static void open_as(int fd, const char *path, int flags)
{
    int got = open(path, flags | O_CLOEXEC, 0666);

    if (got < 0 || dup2(got, fd) < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
}

/* In the child. */
static _Noreturn void become(const struct process *process)
{
    /* If tinyx has been killed meanwhile, nobody wants the child's work. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setenv("LC_ALL", "C", 1);
    open_as(0, "/dev/null", O_RDONLY);
    if (process->log) {
        open_as(1, process->log, MODE);
        open_as(2, process->log, MODE);
    }
    if (process->out)
        open_as(1, process->out, MODE);
    if (process->dir && chdir(process->dir) < 0) {
        fprintf(stderr, "%s: %s\n", process->dir, strerror(errno));
        _exit(127);
    }
    execvp(process->argv[0], (char **)process->argv);
    fprintf(stderr, "%s: %s\n", process->argv[0], strerror(errno));
    _exit(127);
}

static int process_start(const struct process *process, pid_t *pid, chaos_error *err)
{
    fflush(NULL);
    *pid = fork();
    if (*pid == 0)
        become(process);
    return *pid < 0 ? error_errno(err, CHAOS_E_FAILED, errno, "cannot run %s", process->argv[0])
                    : 0;
}

int process_run(const struct process *process, int *status, chaos_error *err)
{
    const char *name = process->argv[0];
    int ended;
    pid_t pid, got;
    int rc = process_start(process, &pid, err);

    if (rc < 0)
        return rc;
    while ((got = waitpid(pid, &ended, process->tick ? WNOHANG : 0)) != pid) {
        if (got < 0 && errno != EINTR)
            return error_errno(err, CHAOS_E_FAILED, errno, "cannot wait for %s", name);
        if (interrupted())
            kill(pid, SIGTERM);
        else if (process->tick)
            process->tick(process->opaque);
        if (process->tick)
            usleep(TICK_US);
    }
    if (interrupted())
        return error_set(err, CHAOS_E_INTERRUPTED, EINTR, "interrupted");
    if (status)
        *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    if (WIFSIGNALED(ended))
        return error_set(err, CHAOS_E_FAILED, EINTR, "%s ended by signal %d", name,
                         WTERMSIG(ended));
    if (WEXITSTATUS(ended) == 127)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "%s cannot be run (is it installed?)",
                         name);
    if (WEXITSTATUS(ended))
        return error_set(err, CHAOS_E_FAILED, EIO, "%s ended with status %d", name,
                         WEXITSTATUS(ended));
    return 0;
}

void process_tail(const char *log, unsigned int lines)
{
    FILE *file = fopen(log, "re");
    char line[512];
    unsigned int count = 0;

    if (!file)
        return;
    while (fgets(line, sizeof(line), file))
        count++;
    rewind(file);
    while (fgets(line, sizeof(line), file)) {
        if (count-- <= lines)
            fprintf(stderr, "  %s%s", line, strchr(line, '\n') ? "" : "\n");
    }
    fclose(file);
}
