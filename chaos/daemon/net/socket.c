/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lock that makes this the only chaosd of its run directory, and the control socket. A socket
 * that is in the way is removed only if it belongs to chaosd's user and no process answers on it.
 * chaosd does not begin if anything else is there: that is a trick or a mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"

#define BACKLOG 256
#define HIDDEN  ".new" /* until chaosd can answer */

int lock_take(struct daemon *d)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/" CHAOS_POOL_LOCK, d->run_dir);
    d->net.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->net.lock < 0) {
        log_line(LOG_ERR, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    /* A client that asks whether chaosd lives holds the lock for a moment. */
    for (int tries = 0; flock(d->net.lock, LOCK_EX | LOCK_NB) < 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 20) {
            log_line(LOG_ERR, "another chaosd runs (%s is locked)", path);
            return -1;
        }
        usleep(10000);
    }
    return 0;
}

/* The socket that systemd listens on and hands over (sd_listen_fds(3)). -1: there is none, -2: it
 * is of no use. */
static int inherited(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    enum { FIRST = 3 };
    int type = 0;
    socklen_t len = sizeof(type);

    if (!pid || !fds || strtol(pid, NULL, 10) != getpid() || strtol(fds, NULL, 10) != 1)
        return -1;
    if (getsockopt(FIRST, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET) {
        log_line(LOG_ERR, "the socket from systemd is not ListenSequentialPacket=");
        return -2;
    }
    fcntl(FIRST, F_SETFD, FD_CLOEXEC);
    fcntl(FIRST, F_SETFL, fcntl(FIRST, F_GETFL) | O_NONBLOCK);
    return FIRST;
}

/* Looks at the file at `addr`: 0 if there is none, or it may be replaced. */
static int look_before(const struct sockaddr_un *addr)
{
    struct stat st;
    int probe, rc;

    if (lstat(addr->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode)) {
        log_line(LOG_ERR, "%s is not a socket; remove it", addr->sun_path);
        return -EEXIST;
    }
    if (st.st_uid != geteuid()) {
        log_line(LOG_ERR, "%s belongs to user %u; remove it", addr->sun_path, st.st_uid);
        return -EEXIST;
    }
    probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    rc = probe < 0 || connect(probe, (const struct sockaddr *)addr, sizeof(*addr)) == 0
             ? -EADDRINUSE
             : -errno;
    if (probe >= 0)
        close(probe);
    if (rc != -ECONNREFUSED) {
        log_line(LOG_ERR, "somebody listens on %s already; end that program", addr->sun_path);
        return -EADDRINUSE;
    }
    return 0;
}

static void set_group(const struct daemon *d, const char *path)
{
    struct group entry, *found = NULL;
    char buf[4096];

    getgrnam_r(d->settings.group, &entry, buf, sizeof(buf), &found);
    if (!found)
        log_line(LOG_NOTE, "there is no group %s: only root may use the socket", d->settings.group);
    else if (chown(path, (uid_t)-1, found->gr_gid) < 0)
        log_line(LOG_WARN, "cannot give %s to group %s: %s", path, d->settings.group,
                 strerror(errno));
}

static int make_address(const struct daemon *d, const char *more, struct sockaddr_un *addr)
{
    addr->sun_family = AF_UNIX;
    if (snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/" CHAOS_POOL_SOCKET "%s", d->run_dir,
                 more) < (int)sizeof(addr->sun_path))
        return 0;
    log_line(LOG_ERR, "%s: too long for a socket's path", d->run_dir);
    return -1;
}

int listener_open(struct daemon *d)
{
    struct sockaddr_un addr;
    mode_t old;
    int rc;

    d->net.listener = inherited();
    d->net.inherited = d->net.listener >= 0;
    if (d->net.listener != -1)
        return d->net.inherited ? 0 : -1;
    if (make_address(d, "", &addr) < 0 || look_before(&addr) < 0 ||
        make_address(d, HIDDEN, &addr) < 0)
        return -1;
    unlink(addr.sun_path);
    d->net.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    old = umask(0117); /* 0660 from its first moment on */
    rc = d->net.listener < 0 ? -1 : bind(d->net.listener, (struct sockaddr *)&addr, sizeof(addr));
    umask(old);
    if (rc == 0) {
        set_group(d, addr.sun_path);
        rc = listen(d->net.listener, BACKLOG);
    }
    if (rc < 0)
        log_line(LOG_ERR, "cannot listen on %s: %s", addr.sun_path, strerror(errno));
    return rc;
}

int listener_publish(struct daemon *d)
{
    struct sockaddr_un hidden, addr;

    if (d->net.inherited)
        return 0;
    if (make_address(d, HIDDEN, &hidden) < 0 || make_address(d, "", &addr) < 0)
        return -1;
    d->net.published = look_before(&addr) == 0 && rename(hidden.sun_path, addr.sun_path) == 0;
    if (!d->net.published)
        log_line(LOG_ERR, "cannot put a socket at %s", addr.sun_path);
    return d->net.published ? 0 : -1;
}

void listener_close(struct daemon *d)
{
    char path[4096];

    if (d->net.listener < 0)
        return;
    if (!d->net.inherited) {
        snprintf(path, sizeof(path), "%s/" CHAOS_POOL_SOCKET "%s", d->run_dir,
                 d->net.published ? "" : HIDDEN);
        unlink(path);
    }
    close(d->net.listener);
    d->net.listener = -1;
}
