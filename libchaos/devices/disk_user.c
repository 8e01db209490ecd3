/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices/disk_user.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/util.h"

static bool vm_has(dev_t rdev, const struct disk_taken *taken, int nr, struct disk_user *out)
{
    for (int i = 0; i < nr; i++) {
        if (disk_overlap(rdev, taken[i].rdev)) {
            out->kind = DISK_VM;
            out->domid = taken[i].domid;
            return true;
        }
    }
    return false;
}

/* Octal escapes of /proc/self/mountinfo ("\040") to the bytes they are, in place. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *p = text; *p; to++) {
        unsigned int byte;

        if (*p == '\\' && sscanf(p + 1, "%3o", &byte) == 1) {
            *to = (char)byte;
            p += 4;
        } else {
            *to = *p++;
        }
    }
    *to = '\0';
}

/* One line of /proc/self/mountinfo: ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS] - TYPE SOURCE
 * OPTIONS. File systems with a number of their own (btrfs) tell their device in SOURCE. */
static bool mount_has(char *line, dev_t rdev, struct disk_user *out)
{
    unsigned int maj, min;
    char point[200], source[200], options[8];
    char *rest = strstr(line, " - ");
    struct stat st;

    if (!rest || sscanf(line, "%*s %*s %u:%u %*s %199s", &maj, &min, point) != 3 ||
        sscanf(rest, " - %*s %199s %7s", source, options) != 2)
        return false;
    if (!disk_overlap(rdev, makedev(maj, min)) &&
        (stat(source, &st) || !S_ISBLK(st.st_mode) || !disk_overlap(rdev, st.st_rdev)))
        return false;
    unescape(point);
    out->kind = DISK_DOM0;
    out->readonly = strncmp(options, "ro", 2) == 0 && (!options[2] || options[2] == ',');
    snprintf(out->what, sizeof(out->what), "Dom0 has mounted it on %s", point);
    return true;
}

/* The first mount that writes, else the last that reads. */
static bool is_mounted(dev_t rdev, struct disk_user *out)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (file && !(found && !out->readonly) && getline(&line, &room, file) > 0)
        found |= mount_has(line, rdev, out);
    free(line);
    if (file)
        fclose(file);
    return found;
}

/* What stands on the device: LVM, RAID, dm-crypt. */
static bool has_holder(dev_t rdev, struct disk_user *out)
{
    char path[64];
    struct dirent *entry;
    DIR *dir;
    bool found = false;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(rdev), minor(rdev));
    dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        found = true;
        out->kind = DISK_DOM0;
        out->readonly = false;
        snprintf(out->what, sizeof(out->what), "Dom0's %.64s is made of it", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool dom0_has(dev_t rdev, struct disk_user *out)
{
    return has_holder(rdev, out) || is_mounted(rdev, out);
}

void disk_user(const struct disk_id *id, const struct disk_taken *taken, int nr_taken,
               struct disk_user *out)
{
    cleanup_free struct loop *loops = NULL;
    int nr = loop_list(&loops);
    bool found = !id->file && vm_has(id->rdev, taken, nr_taken, out);

    if (found)
        return;
    out->kind = DISK_UNKNOWN;
    for (int i = 0; i < nr; i++) {
        if (disk_behind(id, &loops[i], loops, nr) && vm_has(loops[i].rdev, taken, nr_taken, out))
            return;
    }
    if (!id->file && dom0_has(id->rdev, out))
        return;
    for (int i = 0; i < nr; i++) {
        if (!disk_behind(id, &loops[i], loops, nr) || loops[i].ours)
            continue;
        if (dom0_has(loops[i].rdev, out))
            return;
        out->kind = DISK_DOM0;
        out->readonly = loops[i].readonly;
        snprintf(out->what, sizeof(out->what),
                 "Dom0's /dev/loop%u shows the same file (losetup -d /dev/loop%u frees it)",
                 minor(loops[i].rdev), minor(loops[i].rdev));
    }
}
