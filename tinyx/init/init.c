/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first process of a Tinyx guest: it mounts, brings up the network, starts the one
 * application, reaps, passes signals on, and powers off when the application ends or the
 * toolstack asks. The toolstack's request makes the kernel run poweroff or reboot: this same
 * program under these names sends a signal to the first process.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_S 10 /* for processes to end when they are asked to */

static struct conf conf;
static pid_t app;
static int app_status = -1; /* of wait(); -1: it runs */

void say(const char *fmt, ...)
{
    char line[512] = "tinyx: ";
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(line + 7, sizeof(line) - 8, fmt, ap) + 7;
    va_end(ap);
    if (len > (int)sizeof(line) - 2)
        len = sizeof(line) - 2;
    line[len++] = '\n';
    if (write(1, line, len) < 0)
        return; /* nobody to tell */
}

static void mount_one(const char *source, const char *path, const char *type, unsigned long flags,
                      const char *options)
{
    if (mount(source, path, type, flags, options) < 0 && errno != EBUSY)
        say("cannot mount %s: %s", path, strerror(errno));
}

static void mount_all(void)
{
    mount_one("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    if (strcmp(conf.network, "none"))
        mount_one("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    /* The image has the few devices that all programs expect; only mounts need more. */
    for (size_t i = 0; i < conf.nr_mounts; i++) {
        if (strncmp(conf.mounts[i].source, "/dev/", 5))
            continue;
        mount_one("dev", "/dev", "devtmpfs", MS_NOSUID, "");
        break;
    }
    for (size_t i = 0; i < conf.nr_mounts; i++) {
        const char *options = conf.mounts[i].options;
        bool ro = !strcmp(options, "ro") || !strncmp(options, "ro,", 3);

        if (ro)
            options += options[2] == ',' ? 3 : 2;
        mount_one(conf.mounts[i].source, conf.mounts[i].path, conf.mounts[i].type,
                  MS_NOSUID | MS_NODEV | (ro ? MS_RDONLY : 0), options);
    }
}

void app_become(const struct conf *c)
{
    sigset_t none;
    const char *what = "switch to its user";

    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setgroups(c->nr_groups, c->groups) == 0 && setgid(c->gid) == 0 && setuid(c->uid) == 0) {
        what = "enter its directory";
        if (chdir(c->workdir) == 0) {
            what = "run it";
            execve(c->args[0], (char **)c->args, (char **)c->env);
        }
    }
    say("%s: cannot %s: %s", c->args[0], what, strerror(errno));
}

/* When this returns, execve() has succeeded or failed: vfork() waits for that. */
static void app_start(void)
{
    app = vfork();
    if (app == 0) {
        app_become(&conf);
        _exit(127);
    }
    if (app < 0) {
        say("cannot start %s: %s", conf.args[0], strerror(errno));
        app_status = 127 << 8;
    }
}

/* Returns false if no child is left. */
static bool reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == app)
            app_status = status;
    }
    return pid == 0 || errno != ECHILD;
}

static void tell_end(void)
{
    if (WIFSIGNALED(app_status))
        say("%s ended by signal %d", conf.name, WTERMSIG(app_status));
    else
        say("%s ended with status %d", conf.name, WEXITSTATUS(app_status));
}

static void all_end(const sigset_t *set)
{
    struct timespec wait = {.tv_sec = GRACE_S}, start, now;

    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (reap()) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        wait.tv_sec = start.tv_sec + GRACE_S - now.tv_sec;
        if (wait.tv_sec <= 0) {
            say("some processes do not end, killing them");
            kill(-1, SIGKILL);
            while (waitpid(-1, NULL, 0) > 0)
                ;
            break;
        }
        sigtimedwait(set, NULL, &wait);
    }
}

static _Noreturn void power(int command, const sigset_t *set)
{
    all_end(set);
    for (size_t i = conf.nr_mounts; i > 0; i--)
        umount2(conf.mounts[i - 1].path, MNT_DETACH);
    sync();
    reboot(command);
    say("the kernel does not power off: %s", strerror(errno));
    _exit(1); /* the kernel panics, which ends the domain, too */
}

static _Noreturn void supervise(const sigset_t *set)
{
    for (;;) {
        int sig = app_status == -1 ? sigwaitinfo(set, NULL) : 0;

        if (sig == CONF_SIGNAL_OFF || sig == CONF_SIGNAL_REBOOT) {
            say("%s", sig == CONF_SIGNAL_OFF ? "powering off" : "rebooting");
            power(sig == CONF_SIGNAL_OFF ? RB_POWER_OFF : RB_AUTOBOOT, set);
        } else if (sig == SIGIO) {
            net_event(&conf);
        } else if (sig == SIGCHLD || sig < 0) {
            reap();
        } else if (sig > 0) {
            kill(app, sig);
        }
        if (app_status != -1) {
            tell_end();
            power(RB_POWER_OFF, set);
        }
    }
}

/* Run as poweroff or reboot. */
static int tell_init(int sig)
{
    if (kill(1, sig) == 0)
        return 0;
    say("cannot tell the first process: %s", strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *self = slash ? slash + 1 : argv[0];
    sigset_t set;

    if (!strcmp(self, "poweroff"))
        return tell_init(CONF_SIGNAL_OFF);
    if (!strcmp(self, "reboot"))
        return tell_init(CONF_SIGNAL_REBOOT);
    if (getpid() != 1) {
        say("this is for the first process");
        return 1;
    }
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    reboot(RB_DISABLE_CAD);
    if (!conf_read(&conf))
        return 1;
    sethostname(conf.name, strlen(conf.name));
    mount_all();
    net_start(&conf);
    app_start();
    if (app_status == -1 && write(1, "up\n", 3) < 0)
        app_status = -1; /* a VM without a console is up as well */
    supervise(&set);
}
