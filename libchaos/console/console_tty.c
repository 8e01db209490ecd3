/* SPDX-License-Identifier: BSD-3-Clause */
/* A console that another program serves at a terminal: xenconsoled, which others use, too. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/util.h"
#include "console/console.h"
#include "devices/devices.h"

int tty_open(chaos_console *con, chaos_error *err)
{
    char path[128];
    struct stat st;
    int rc = devices_console_path(&con->host->devices, con->dom.domid, path, sizeof(path), err);

    if (rc < 0)
        return rc;
    con->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (con->fd < 0)
        return error_errno(err, CHAOS_E_IO, errno, "%s", path);
    if (fstat(con->fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
        remote_close(con);
        return error_set(err, CHAOS_E_IO, ENOTTY, "%s: is no terminal", path);
    }
    con->blocked = false;
    return 0;
}

int tty_read(chaos_console *con, char *buf, size_t len)
{
    ssize_t n = read(con->fd, buf, len);

    if (n > 0)
        return (int)n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    con->ended = true; /* who served it has let go of it */
    con->reason = CHAOS_DESTROYED;
    return -ENOTCONN;
}

int tty_write(chaos_console *con, const char *buf, size_t len)
{
    ssize_t n = con->flags & CHAOS_CONSOLE_READ_ONLY ? (ssize_t)len : write(con->fd, buf, len);

    con->blocked = n < 0 && errno == EAGAIN;
    return n > 0 ? (int)n : 0;
}

int chaos_console_publish(chaos_host *host, const struct chaos_domain *dom, const char *terminal,
                          chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    return rc < 0 ? rc : devices_publish_console(&host->devices, dom->domid, terminal, err);
}
