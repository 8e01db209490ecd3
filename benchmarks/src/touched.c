/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a static program an instruction at a time; prints the address of each, the first time it
 * runs. benchmarks/layout makes an order of functions of that. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE 0x400000UL /* where a static program begins */
#define SPAN (16UL << 20)

static uint8_t seen[SPAN / 8];

static void look(pid_t pid)
{
    unsigned long at =
        (unsigned long)ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), NULL) -
        BASE;

    if (at >= SPAN || seen[at / 8] & 1U << at % 8)
        return;
    seen[at / 8] |= 1U << at % 8;
    printf("%lx\n", BASE + at);
}

int main(int argc, char **argv)
{
    pid_t pid;
    int status;

    if (argc < 2) {
        fputs("Usage: bench-touched PROGRAM [ARG...]\n", stderr);
        return 2;
    }
    pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        int sig = WSTOPSIG(status);

        look(pid);
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, sig == SIGTRAP ? 0 : sig) < 0)
            break;
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
