/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lab's agent: Dom0's first process once init has set the kernel up. It tells the host that
 * Dom0 is ready, takes one command over a virtio port, runs it with its standard output and
 * standard error carried to the host over two more ports, and reports its exit status.
 *
 * The request is a decimal length and a newline, then that many bytes of NUL-terminated strings:
 *   mode    "run", or "shell": the command gets a terminal, carried by a port of its own
 *   clock   seconds since the epoch, or "" to leave Dom0's clock alone
 *   seed    any text, stirred into the random pool: Dom0 may be a copy of a snapshot, or ""
 *   rows, columns  of the terminal
 *   then the command and its arguments
 * The answers are "ready\n" before the request, "start\n" when it has come and "exit N\n" after the
 * command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORTS    "/dev/virtio-ports/"
#define MAX_ARGS 4096

struct request {
    int shell;
    const char *clock, *seed;
    struct winsize size;
    char *argv[MAX_ARGS + 1];
};

/* One direction of carrying bytes; from is -1 once it has ended. */
struct stream {
    int from, to;
};

static void die(const char *what)
{
    fprintf(stderr, "lab agent: %s: %s\n", what, strerror(errno));
    sleep(1); /* let the console drain: the first process' end is a kernel panic */
    exit(1);
}

static int open_port(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        die(path);
    return fd;
}

static void write_all(int fd, const char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, buf, len);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return; /* the host has gone, and with it whoever could be told */
        if (n > 0) {
            buf += n;
            len -= (size_t)n;
        }
    }
}

static void read_all(int fd, char *buf, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, buf, len);

        if (n < 0 && errno != EINTR)
            die("reading the request");
        if (n == 0)
            usleep(1000); /* the host has not connected its end yet */
        if (n > 0) {
            buf += n;
            len -= (size_t)n;
        }
    }
}

static void read_request(int ctl, struct request *req)
{
    char digits[16] = "", *body, *end;
    size_t len, n = 0;

    do {
        read_all(ctl, &digits[n], 1);
    } while (digits[n] != '\n' && ++n < sizeof(digits) - 1);
    len = strtoul(digits, NULL, 10);
    body = malloc(len + 1);
    if (!body)
        die("request");
    read_all(ctl, body, len);
    body[len] = 0;
    end = body + len;

    const char *head[5];
    for (n = 0; n < 5; n++) {
        head[n] = body < end ? body : "";
        body += strlen(head[n]) + 1;
    }
    req->shell = !strcmp(head[0], "shell");
    req->clock = head[1];
    req->seed = head[2];
    req->size.ws_row = (unsigned short)atoi(head[3]);
    req->size.ws_col = (unsigned short)atoi(head[4]);
    for (n = 0; body < end && n < MAX_ARGS; n++) {
        req->argv[n] = body;
        body += strlen(body) + 1;
    }
    req->argv[n] = NULL;
}

static void set_clock_and_seed(const struct request *req)
{
    struct timeval now = {.tv_sec = atoll(req->clock)};
    int fd;

    if (*req->clock && settimeofday(&now, NULL) < 0)
        perror("lab agent: clock");
    if (!*req->seed)
        return;
    fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, req->seed, strlen(req->seed)) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
        perror("lab agent: seed");
    close(fd);
}

static int open_pty(const struct winsize *size, char *slave, size_t len)
{
    int fd = open("/dev/ptmx", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, slave, len))
        die("/dev/ptmx");
    if (size->ws_row && size->ws_col)
        ioctl(fd, TIOCSWINSZ, size);
    return fd;
}

static void run_child(const struct request *req, const char *tty, int out, int err)
{
    sigset_t none;
    int in = open(req->shell ? tty : "/dev/null", O_RDWR);

    if (req->shell)
        out = err = in;
    setsid();
    if (req->shell)
        ioctl(in, TIOCSCTTY, 0);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(125);
    if (in > 2)
        close(in);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(req->argv[0], req->argv);
    perror(req->argv[0]);
    _exit(125);
}

/* Carries what there is; 0 when there is nothing more for now. */
static int carry(struct stream *stream)
{
    char buf[32768];
    ssize_t n = read(stream->from, buf, sizeof(buf));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        stream->from = -1; /* end of file, or EIO of a terminal that nobody has open */
        return 0;
    }
    write_all(stream->to, buf, (size_t)n);
    return 1;
}

/* Reaps whatever ended, as the first process must; 1 when it was the command. */
static int reap(int sigfd, pid_t child, int *status)
{
    struct signalfd_siginfo info;
    int ended = 0, st;
    pid_t pid;

    if (read(sigfd, &info, sizeof(info)) < 0 && errno != EAGAIN)
        die("signalfd");
    while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
        if (pid == child) {
            *status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
            ended = 1;
        }
    }
    return ended;
}

static int serve(struct stream *streams, int count, int sigfd, pid_t child)
{
    struct pollfd fds[4];
    int ended = 0, status = 125, i;

    while (!ended) {
        for (i = 0; i < count; i++)
            fds[i] = (struct pollfd){.fd = streams[i].from, .events = POLLIN};
        fds[count] = (struct pollfd){.fd = sigfd, .events = POLLIN};
        if (poll(fds, (nfds_t)count + 1, -1) < 0 && errno != EINTR)
            die("poll");
        for (i = 0; i < count; i++)
            if (fds[i].revents)
                carry(&streams[i]);
        if (fds[count].revents)
            ended = reap(sigfd, child, &status);
    }
    /* What the command wrote last is still in the pipes; what its children write later is lost. */
    for (i = 0; i < count; i++)
        while (streams[i].from >= 0 && carry(&streams[i]))
            ;
    return status;
}

static int run(const struct request *req, int out_port, int err_port, int tty_port, int sigfd)
{
    int out[2], err[2], pty = -1;
    char tty[64] = "";
    pid_t child;

    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        die("pipe");
    if (req->shell)
        pty = open_pty(&req->size, tty, sizeof(tty));
    child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        run_child(req, tty, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    if (req->shell) {
        /* Output first: the drain after the command's end must not wait for the keyboard. */
        struct stream streams[] = {{pty, tty_port}, {tty_port, pty}};

        fcntl(pty, F_SETFL, O_NONBLOCK);
        fcntl(tty_port, F_SETFL, O_NONBLOCK);
        return serve(streams, 2, sigfd, child);
    }
    struct stream streams[] = {{out[0], out_port}, {err[0], err_port}};

    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    return serve(streams, 2, sigfd, child);
}

int main(void)
{
    int ctl = open_port(PORTS "ctl"), out = open_port(PORTS "out"), err = open_port(PORTS "err");
    int tty = open_port(PORTS "tty"), sigfd;
    static struct request req;
    char answer[32];
    sigset_t chld;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    if (sigfd < 0)
        die("signalfd");
    signal(SIGPIPE, SIG_IGN);

    write_all(ctl, "ready\n", 6);
    read_request(ctl, &req);
    write_all(ctl, "start\n", 6);
    set_clock_and_seed(&req);
    snprintf(answer, sizeof(answer), "exit %d\n", run(&req, out, err, tty, sigfd));
    write_all(ctl, answer, strlen(answer));
    for (;;)
        pause();
}
