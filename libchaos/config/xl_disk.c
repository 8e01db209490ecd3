/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk of xl.cfg(5), as xl-disk-configuration(5) has it: TARGET, FORMAT, VDEV and ACCESS by their
 * positions or by their names, flags and other keys between them, and target=, which takes the
 * rest. The older forms begin with prefixes ("phy:", "tap:aio:"), have no FORMAT then, and may have
 * VDEV:DEVTYPE.
 */
#include "config/xl_items.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct disk {
    struct xl_item *item;
    const char *target, *format, *vdev, *access; /* NULL until given */
    bool prefixed, cdrom;
};

/* Something that makes another disk of it. */
static int refuse(struct disk *disk, const char *key, const char *text, const char *instead)
{
    return xl_item_refuse(disk->item, key, "\"%s\" has no counterpart%s", SHOW(text), instead);
}

static int give(struct disk *disk, const char **field, const char *key, const char *text)
{
    if (*field && **field)
        return xl_item_wrong(disk->item, key, "\"%s\" is the second (\"%s\" is the first)",
                             SHOW(text), SHOW(*field));
    *field = text;
    return 0;
}

static int set_devtype(struct disk *disk, const char *text)
{
    if (!strcmp(text, "disk"))
        return 0;
    if (strcmp(text, "cdrom"))
        return xl_item_wrong(disk->item, "devtype", "\"%s\" is neither disk nor cdrom", SHOW(text));
    disk->cdrom = true;
    return 0;
}

/* VDEV, or the older VDEV:DEVTYPE. */
static int set_vdev(struct disk *disk, char *text)
{
    char *colon = strrchr(text, ':');
    int rc;

    if (colon)
        *colon = '\0';
    rc = give(disk, &disk->vdev, "vdev", text);
    return rc || !colon ? rc : set_devtype(disk, colon + 1);
}

static int set_key(struct disk *disk, const char *key, char *text)
{
    if (!strcmp(key, "format"))
        return give(disk, &disk->format, key, text);
    if (!strcmp(key, "vdev"))
        return give(disk, &disk->vdev, key, text);
    if (!strcmp(key, "access"))
        return give(disk, &disk->access, key, text);
    if (!strcmp(key, "devtype"))
        return set_devtype(disk, text);
    if (!strcmp(key, "backendtype")) /* a raw disk is the same to the guest through each of these */
        return !strcmp(text, "phy") || !strcmp(text, "qdisk") || !strcmp(text, "tap")
                   ? 0
                   : refuse(disk, key, text, "");
    if (!strcmp(key, "backend"))
        return !strcmp(text, "0") || !strcmp(text, "Domain-0")
                   ? 0
                   : refuse(disk, key, text, " (back ends are in Dom0)");
    if (!strcmp(key, "specification"))
        return !strcmp(text, "xen") ? 0 : refuse(disk, key, text, "");
    if (!strcmp(key, "script"))
        return refuse(disk, key, text, " (no script is run; give the block device as target)");
    if (!strncmp(key, "colo-", 5) || !strcmp(key, "active-disk") || !strcmp(key, "hidden-disk"))
        return refuse(disk, key, text, "");
    return xl_item_wrong(disk->item, SHOW(key),
                         "unknown key (there are target, format, vdev, access, devtype, backend, "
                         "backendtype, specification and script)");
}

/* True for a word that is a flag and no position. */
static bool is_flag(struct disk *disk, const char *word, int *rc)
{
    static const char *const nothing[] = {"direct-io-safe", "discard", "no-discard", "no-colo",
                                          "trusted"};

    *rc = 0;
    for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
        if (!strcmp(word, nothing[i]))
            return true;
    }
    if (!strcmp(word, "cdrom"))
        disk->cdrom = true;
    else if (!strcmp(word, "colo"))
        *rc = xl_item_refuse(disk->item, "colo", "has no counterpart");
    else if (!strcmp(word, "untrusted"))
        *rc = xl_item_note(disk->item, "untrusted", "has no counterpart (the guest trusts Dom0)");
    else
        return false;
    return true;
}

/* Goes past the older prefixes. */
static int skip_prefixes(struct disk *disk, char **word)
{
    static const char *const ignored[] = {"phy",   "file", "tap", "tap2", "tapdisk",
                                          "ioemu", "aio",  "raw", NULL};
    static const char *const formats[] = {"qcow", "qcow2", "vhd", NULL};
    static const char *const scripts[] = {"iscsi", "nbd", "enbd", "drbd", NULL};
    size_t len;

    while (len = strspn(*word, "abcdefghijklmnopqrstuvwxyz0123456789"), (*word)[len] == ':') {
        char *prefix = *word;
        const char *const *each;

        prefix[len] = '\0';
        *word += len + 1;
        disk->prefixed = true;
        for (each = ignored; *each && strcmp(prefix, *each); each++)
            ;
        if (*each)
            continue;
        for (each = formats; *each && strcmp(prefix, *each); each++)
            ;
        if (*each) {
            disk->format = prefix;
            continue;
        }
        for (each = scripts; *each && strcmp(prefix, *each); each++)
            ;
        if (*each)
            return refuse(disk, "script", prefix, " (give the block device as target)");
        return xl_item_wrong(disk->item, "target", "\"%s:\" is no prefix (leave it out)",
                             SHOW(prefix));
    }
    return 0;
}

static int set_position(struct disk *disk, char *word)
{
    int rc;

    if (!disk->target) {
        rc = skip_prefixes(disk, &word);
        disk->target = word;
        return rc;
    }
    /* An empty drive in the oldest form: ",hdc:cdrom,r". */
    if (!disk->format && !disk->prefixed && !*disk->target && strchr(word, ':')) {
        disk->format = "";
        return set_vdev(disk, word);
    }
    if (!disk->format && !disk->prefixed)
        return give(disk, &disk->format, "format", word);
    if (!disk->vdev)
        return set_vdev(disk, word);
    if (!disk->access)
        return give(disk, &disk->access, "access", word);
    return xl_item_wrong(disk->item, "", "\"%s\" is one too many (TARGET,FORMAT,VDEV,ACCESS)",
                         SHOW(word));
}

static int read_words(struct disk *disk, char *text)
{
    int rc = 0;

    while (!rc) {
        char *word, *equals;

        text += strspn(text, " \t\n");
        if (!*text)
            break;
        if (!strncmp(text, "target=", 7))
            return give(disk, &disk->target, "target", text + 7);
        word = xl_item_token(&text);
        equals = strchr(word, '=');
        if (is_flag(disk, word, &rc))
            continue;
        if (!equals) {
            rc = set_position(disk, word);
            continue;
        }
        *equals = '\0';
        rc = set_key(disk, word, equals + 1);
    }
    return rc;
}

/* Linux' front end calls hda and sda xvda, too; d0 is the number of that. */
static int put_vdev(struct disk *disk)
{
    const char *vdev = disk->vdev, *p = vdev + 1;
    char ours[16];
    uint64_t number = UINT64_MAX;

    if ((!strncmp(vdev, "hd", 2) || !strncmp(vdev, "sd", 2)) && vdev[2] >= 'a' && vdev[2] <= 'p' &&
        !vdev[3])
        number = (uint64_t)(vdev[2] - 'a');
    else if (*vdev != 'd' || !text_number(&p, &number) || *p || number > 15)
        return xl_item_set(disk->item, VBD_VDEV, vdev);
    snprintf(ours, sizeof(ours), "xvd%c", (char)('a' + number));
    if (*vdev != 'd' &&
        xl_item_note(disk->item, "vdev", "\"%s\" has no counterpart, %s is taken", vdev, ours) < 0)
        return -ENOMEM;
    return xl_item_set(disk->item, VBD_VDEV, ours);
}

static int put_access(struct disk *disk)
{
    const char *text = disk->access ? disk->access : "";

    if (!*text || !strcmp(text, "w") || !strcmp(text, "rw"))
        return xl_item_set(disk->item, VBD_MODE, "rw");
    if (!strcmp(text, "r") || !strcmp(text, "ro"))
        return xl_item_set(disk->item, VBD_MODE, "ro");
    return xl_item_wrong(disk->item, "access", "\"%s\" is not r, ro, w or rw", SHOW(text));
}

/* xl looks for a target that is no absolute path in /dev. */
static int put_target(struct disk *disk)
{
    cleanup_free char *path = NULL;

    if (*disk->target == '/')
        return xl_item_set(disk->item, VBD_TARGET, disk->target);
    if (asprintf(&path, "/dev/%s", disk->target) < 0)
        return error_oom(disk->item->x->err);
    return xl_item_set(disk->item, VBD_TARGET, path);
}

static int put(struct disk *disk)
{
    const char *format = disk->format;
    int rc;

    if (disk->cdrom)
        return xl_item_refuse(disk->item, "",
                              "a CD-ROM has no counterpart (give the image as a disk, with ro)");
    if (format && *format && strcmp(format, "raw"))
        return refuse(disk, "format", format, " (make it raw with qemu-img convert -O raw)");
    if (!disk->target || !*disk->target)
        return xl_item_wrong(disk->item, "target", "is missing (write target=FILE, at the end)");
    rc = xl_item_begin(disk->item);
    if (!rc)
        rc = put_target(disk);
    if (!rc && disk->vdev && *disk->vdev)
        rc = put_vdev(disk);
    /* A file that looks like one of another format is meant as it is. */
    if (!rc && format && *format)
        rc = xl_item_set(disk->item, VBD_FORMAT, format);
    return rc ? rc : put_access(disk);
}

static int read_disk(struct xl_item *item, char *text)
{
    struct disk disk = {.item = item};
    int rc = read_words(&disk, text);

    return rc ? rc : put(&disk);
}

int xl_disks(struct xl_reader *x, const struct xl_pair *pair)
{
    return xl_items(x, pair, LIST_VBDS, read_disk);
}
