/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/xenstore/unheard.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/util.h"
#include "devices/xenstore/host.h"

/* How long a driver may take; one that waits for its disk takes as long as the disk. */
#define LET_GO_MS 5000

const char *unheard_folder = "/sys/bus/xen-backend/devices";

/* A back end's name, as the kernel and XenStore have it: KIND-DOMID-ID, KIND/DOMID/ID. */
struct back_end {
    char kind[4];
    uint32_t domid, id;
};

static bool parse(const char *name, struct back_end *out)
{
    int len = 0;

    return sscanf(name, "%3[a-z]-%" SCNu32 "-%" SCNu32 "%n", out->kind, &out->domid, &out->id,
                  &len) == 3 &&
           !name[len] && (strcmp(out->kind, "vif") == 0 || strcmp(out->kind, "vbd") == 0);
}

static void path_of(const struct back_end *end, const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s-%" PRIu32 "-%" PRIu32 "/%s", unheard_folder, end->kind,
             end->domid, end->id, file);
}

/* A domain that is being destroyed is none of those that live: these very back ends may hold it. */
static bool lives(struct device_host *host, uint32_t domid, devices_alive_fn *alive, void *opaque)
{
    struct hv_domain dom;

    return alive(opaque, domid) && !(hv_domain_info(host->hv, domid, &dom, NULL) == 0 && dom.dying);
}

/* Those that a driver has, of domains that are gone. */
static int find(struct device_host *host, devices_alive_fn *alive, void *opaque,
                struct back_end **out)
{
    DIR *dir = opendir(unheard_folder);
    const struct dirent *entry;
    int nr = 0;

    *out = NULL;
    while (dir && (entry = readdir(dir))) {
        struct back_end end, *grown;
        char driver[PATH_MAX];

        if (!parse(entry->d_name, &end))
            continue;
        path_of(&end, "driver", driver);
        if (access(driver, F_OK) < 0 || lives(host, end.domid, alive, opaque))
            continue;
        grown = realloc(*out, (nr + 1) * sizeof(*grown));
        if (!grown) /* the rest another time */
            break;
        grown[nr++] = end;
        *out = grown;
    }
    if (dir)
        closedir(dir);
    return nr;
}

/* The process that asks the driver. It must hold nothing that is the caller's, locks above all. */
static void ask(const char *unbind, const char *name, int done)
{
    int fd;

    dup2(done, STDIN_FILENO);
    close_range(STDIN_FILENO + 1, ~0U, 0);
    fd = open(unbind, O_WRONLY);
    _exit(fd < 0 || write(fd, name, strlen(name)) < 0);
}

/* Takes it from its driver. That may wait for a disk, and nothing ends such a wait: so a process of
 * nobody's waits, and this one for a while only. */
static void let_go(const struct back_end *end)
{
    char unbind[PATH_MAX], name[32];
    struct pollfd done;
    int ends[2];
    pid_t pid;

    path_of(end, "driver/unbind", unbind);
    snprintf(name, sizeof(name), "%s-%" PRIu32 "-%" PRIu32, end->kind, end->domid, end->id);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            ask(unbind, name, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        done = (struct pollfd){.fd = ends[0]}; /* hangs up when the process has ended */
        poll(&done, 1, LET_GO_MS);
    }
    close(ends[0]);
}

void unheard_release(struct device_host *host, devices_alive_fn *alive, void *opaque)
{
    cleanup_batch struct store_batch batch = {0};
    cleanup_free struct back_end *all = NULL;
    int nr = find(host, alive, opaque, &all);

    for (int i = 0; i < nr; i++)
        batch_read(&batch, "/local/domain/0/backend/%s/%" PRIu32 "/%" PRIu32, all[i].kind,
                   all[i].domid, all[i].id);
    if (nr == 0 || xenstore_ask(host, &batch, NULL) < 0)
        return;
    for (int i = 0; i < nr; i++) {
        if (!batch_value(&batch, i))
            let_go(&all[i]);
    }
}
