/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a command on a terminal of its own: what comes in here is typed there, what it shows goes
 * out here. For tests of what a program does on a terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(125);
}

static int carry(int from, int to)
{
    char buf[4096];
    ssize_t n = read(from, buf, sizeof(buf));

    if (n < 0 && errno == EINTR)
        return 1;
    return n > 0 && write(to, buf, n) == n;
}

static void run(const char *tty, char **argv)
{
    int fd;

    setsid();
    fd = open(tty, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
        die(tty);
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    execvp(argv[0], argv);
    die(argv[0]);
}

int main(int argc, char **argv)
{
    int pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status, input = 1;
    char tty[64];
    pid_t pid;

    if (argc < 2 || pty < 0 || grantpt(pty) < 0 || unlockpt(pty) < 0 ||
        ptsname_r(pty, tty, sizeof(tty)))
        die("terminal");
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
        run(tty, argv + 1);
    for (;;) {
        struct pollfd fds[] = {{.fd = pty, .events = POLLIN},
                               {.fd = input ? 0 : -1, .events = POLLIN}};

        /* Until the child has the terminal open, and after it ended, there is only a hang-up. */
        if (poll(fds, 2, 100) < 0 && errno != EINTR)
            die("poll");
        if (fds[1].revents)
            input = carry(0, pty);
        if ((fds[0].revents & POLLIN) && carry(pty, 1))
            continue;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (fds[0].revents)
            usleep(10000);
    }
}
