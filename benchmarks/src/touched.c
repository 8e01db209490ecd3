/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a static program an instruction at a time; prints the address of each, the first time it
 * runs. benchmarks/layout makes an order of functions of that. */
#include <signal.h>
#include <stdbool.h>
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

static unsigned long get_register(pid_t pid, size_t offset)
{
    return (unsigned long)ptrace(PTRACE_PEEKUSER, pid, offset, NULL);
}

static unsigned long where(pid_t pid)
{
    return get_register(pid, offsetof(struct user_regs_struct, rip)) - BASE;
}

static void look(pid_t pid)
{
    unsigned long at = where(pid);

    if (at >= SPAN || seen[at / 8] & 1U << at % 8)
        return;
    seen[at / 8] |= 1U << at % 8;
    printf("%lx\n", BASE + at);
}

/* At the first instruction of the kernel's vdso: lets it return at full speed. Reading the clock an
 * instruction at a time takes longer than a tick, and begins anew with each. False: it has ended.
 */
static bool leave_vdso(pid_t pid)
{
    unsigned long stack = get_register(pid, offsetof(struct user_regs_struct, rsp));
    unsigned long back = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, stack, NULL);
    unsigned long code = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, back, NULL);
    int status;

    if (back - BASE >= SPAN)
        return true;
    ptrace(PTRACE_POKEDATA, pid, back, (code & ~0xffUL) | 0xcc);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        return false;
    ptrace(PTRACE_POKEDATA, pid, back, code);
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rip), back);
    look(pid);
    return true;
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
        if (where(pid) >= SPAN && !leave_vdso(pid))
            break;
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, sig == SIGTRAP ? 0 : sig) < 0)
            break;
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
