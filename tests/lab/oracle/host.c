/* SPDX-License-Identifier: BSD-3-Clause */
/* What Dom0's kernel keeps: processes and their open files, kernel threads, interfaces, bridge
 * ports, loop devices, mounts, and the files of chaos. */
#include "oracle.h"

#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_FOLDER "/run/chaos"

/* nftw() hands its function no pointer of the caller's. */
static struct state *walked;

static int first_line(const char *path, char *buf, int len)
{
    FILE *file = fopen(path, "re");
    int ok = file && fgets(buf, len, file);

    if (file)
        fclose(file);
    if (ok)
        buf[strcspn(buf, "\n")] = 0;
    return ok;
}

/* Calls fn for each entry of a folder that need not exist. */
static void each(struct state *state, const char *folder,
                 void (*fn)(struct state *, const char *folder, const char *name))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            fn(state, folder, entry->d_name);
    if (dir)
        closedir(dir);
}

static void add_open_files(struct state *state, const char *pid, const char *name)
{
    char path[PATH_MAX], target[PATH_MAX];
    struct dirent *entry;
    ssize_t len;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        if (len < 0)
            continue;
        target[len] = 0;
        if (!strncmp(target, "socket:", 7) || !strncmp(target, "pipe:", 5))
            *strchr(target, ':') = 0; /* the number behind is never the same again */
        state_add(state, "open file of %s: %s", name, target);
    }
    if (dir)
        closedir(dir);
}

static void add_processes(struct state *state, char *const *programs)
{
    char path[64], name[64], link[8];
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    int i;

    while (dir && (entry = readdir(dir))) {
        if (!isdigit(entry->d_name[0]))
            continue;
        snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
        if (!first_line(path, name, sizeof(name)))
            continue;
        snprintf(path, sizeof(path), "/proc/%.20s/exe", entry->d_name);
        if (readlink(path, link, sizeof(link)) < 0) {
            /* A kernel thread. Workers come and go as the kernel likes; so do ended processes. */
            snprintf(path, sizeof(path), "/proc/%.20s/cmdline", entry->d_name);
            if (strncmp(name, "kworker", 7) && access(path, F_OK) == 0)
                state_add(state, "kernel thread %s", name);
            continue;
        }
        for (i = 0; programs[i]; i++) {
            if (strcmp(programs[i], name))
                continue;
            state_add(state, "process %s", name);
            add_open_files(state, entry->d_name, name);
        }
    }
    if (dir)
        closedir(dir);
}

static void add_bridge_port(struct state *state, const char *folder, const char *name)
{
    const char *bridge = folder + strlen("/sys/class/net/");

    state_add(state, "bridge port %s of %.*s", name, (int)strcspn(bridge, "/"), bridge);
}

static void add_interface(struct state *state, const char *folder, const char *name)
{
    char ports[PATH_MAX];

    state_add(state, "interface %s", name);
    snprintf(ports, sizeof(ports), "%s/%s/brif", folder, name);
    each(state, ports, add_bridge_port);
}

static void add_loop_device(struct state *state, const char *folder, const char *name)
{
    char path[PATH_MAX], file[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s/loop/backing_file", folder, name);
    if (first_line(path, file, sizeof(file)))
        state_add(state, "loop device of %s", file);
}

static void add_mounts(struct state *state)
{
    char line[PATH_MAX + 256], where[PATH_MAX];
    FILE *file = fopen("/proc/self/mountinfo", "re");

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "%*d %*d %*s %*s %4095s", where) == 1)
            state_add(state, "mount on %s", where);
    if (file)
        fclose(file);
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type != FTW_D && type != FTW_DP) /* folders are made once and stay */
        state_add(walked, "file %s", path);
    return 0;
}

void record_host(struct state *state, char *const *programs)
{
    add_processes(state, programs);
    each(state, "/sys/class/net", add_interface);
    each(state, "/sys/block", add_loop_device);
    add_mounts(state);
    walked = state;
    nftw(STATE_FOLDER, add_file, 16, FTW_PHYS);
}
