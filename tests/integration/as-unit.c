/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a program as systemd would by chaosd's unit, as far as that is of processes: its
 * capabilities, its system calls, its families of sockets, the socket that it inherits, the one
 * that it tells when it is ready. Usage: as-unit [--listen PATH] [--notify FILE] COMMAND [ARG...]
 *
 *   --listen PATH  a listening SOCK_SEQPACKET socket there, as descriptor 3
 *   --notify FILE  what the program tells is appended to FILE, a line a message
 *
 * as-unit --try: what the unit forbids, each of which must be refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int allowed[] = {
#define ALLOW(number) number,
#include "unit-syscalls.h"
#undef ALLOW
    -1};

/* CapabilityBoundingSet= of the unit. */
static const int capabilities[] = {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_IPC_LOCK, CAP_CHOWN,
                                   CAP_DAC_OVERRIDE};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static struct sock_filter filter[2048];
static unsigned short length;

static void add(unsigned short code, unsigned int k, unsigned char jt, unsigned char jf)
{
    filter[length++] = (struct sock_filter){code, jt, jf, k};
}

/* SystemCallFilter=, SystemCallErrorNumber=EPERM, RestrictAddressFamilies=. */
static void make_filter(void)
{
    enum { LD = BPF_LD | BPF_W | BPF_ABS, JEQ = BPF_JMP | BPF_JEQ | BPF_K, RET = BPF_RET | BPF_K };

    add(LD, offsetof(struct seccomp_data, arch), 0, 0);
    add(JEQ, AUDIT_ARCH_X86_64, 1, 0);
    add(RET, SECCOMP_RET_KILL_PROCESS, 0, 0);
    add(LD, offsetof(struct seccomp_data, nr), 0, 0);
    add(JEQ, __NR_execve, 0, 1); /* our own */
    add(RET, SECCOMP_RET_ALLOW, 0, 0);
    add(JEQ, __NR_socket, 0, 5);
    add(LD, offsetof(struct seccomp_data, args[0]), 0, 0);
    add(JEQ, AF_UNIX, 2, 0);
    add(JEQ, AF_NETLINK, 1, 0);
    add(RET, SECCOMP_RET_ERRNO | EAFNOSUPPORT, 0, 0);
    add(RET, SECCOMP_RET_ALLOW, 0, 0);
    for (size_t i = 0; allowed[i] >= 0; i++) {
        add(JEQ, allowed[i], 0, 1);
        add(RET, SECCOMP_RET_ALLOW, 0, 0);
    }
    add(RET, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

static int keeps(int cap)
{
    for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
        if (capabilities[i] == cap)
            return 1;
    }
    return 0;
}

/* What is left counts from the next exec on, but for system calls. */
static void restrict_self(void)
{
    struct sock_fprog program = {.filter = filter};

    make_filter();
    program.len = length;
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
        if (!keeps(cap) && prctl(PR_CAPBSET_DROP, cap) < 0)
            die("PR_CAPBSET_DROP");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        die("seccomp");
}

/* Runs in a process of its own until nobody has the other end any more. */
static void notify_to(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0), len;
    pid_t parent = getpid();
    char name[64];

    len = snprintf(name, sizeof(name), "@as-unit-%d", (int)parent);
    memcpy(addr.sun_path, name, len);
    addr.sun_path[0] = '\0';
    if (fd < 0 ||
        bind(fd, (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) + len) < 0)
        die("notify");
    setenv("NOTIFY_SOCKET", name, 1);
    if (fork() == 0) {
        FILE *to = fopen(path, "ae");
        char buf[4096];
        ssize_t n;

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        while (to && (n = recv(fd, buf, sizeof(buf), 0)) > 0) {
            fprintf(to, "%.*s\n", (int)n, buf);
            fflush(to);
        }
        _exit(0);
    }
    close(fd);
}

static void listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char pid[16];

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 128) < 0)
        die(path);
    if (fd != 3 && (dup2(fd, 3) < 0 || close(fd) < 0))
        die("dup2");
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
}

static int refused(const char *what, long rc)
{
    int ok = rc < 0 && (errno == EPERM || errno == EAFNOSUPPORT);

    printf("%s: %s\n", what, ok ? strerror(errno) : "NOT REFUSED");
    return ok;
}

static int try_all(void)
{
    struct timespec now = {.tv_sec = 1};
    int good = 1;

    restrict_self();
    good &= refused("mount", mount("none", "/mnt", "tmpfs", 0, ""));
    good &= refused("umount2", umount2("/mnt", 0));
    good &= refused("ptrace", ptrace(PTRACE_ATTACH, getppid(), 0, 0));
    good &= refused("init_module", syscall(SYS_init_module, "", 0, ""));
    good &= refused("finit_module", syscall(SYS_finit_module, 0, "", 0));
    good &= refused("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    good &= refused("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    good &= refused("swapon", swapon("/nothing", 0));
    good &= refused("clock_settime", clock_settime(CLOCK_REALTIME, &now));
    good &= refused("ioperm", syscall(SYS_ioperm, 0, 1, 1));
    good &= refused("bpf", syscall(SYS_bpf, 0, NULL, 0));
    good &= refused("add_key", syscall(SYS_add_key, "user", "x", "y", 1, 0));
    good &=
        refused("process_vm_readv", syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
    good &= refused("socket of AF_INET", socket(AF_INET, SOCK_STREAM, 0));
    good &= refused("socket of AF_PACKET", socket(AF_PACKET, SOCK_RAW, 0));
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    int i = 1;

    if (allowed[0] < 0) {
        fprintf(stderr, "as-unit: built without systemd-analyze\n");
        return 77;
    }
    if (argc == 2 && strcmp(argv[1], "--try") == 0)
        return try_all();
    for (; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--listen") == 0)
            listen_at(argv[i + 1]);
        else if (strcmp(argv[i], "--notify") == 0)
            notify_to(argv[i + 1]);
        else
            break;
    }
    if (i >= argc)
        return 2;
    restrict_self();
    execvp(argv[i], argv + i);
    die(argv[i]);
}
