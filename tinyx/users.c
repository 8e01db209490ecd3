/* SPDX-License-Identifier: BSD-3-Clause */
/* Users and groups of the image: root, those of the specification, and of Debian's own the one that
 * the application runs as. */
#include "image.h"

#include "arena.h"
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Numbers that each Debian system has. */
static const struct {
    const char *name;
    uid_t uid;
    gid_t gid;
    const char *home;
} known[] = {
    {"root", 0, 0, "/root"},
    {"daemon", 1, 1, "/usr/sbin"},
    {"bin", 2, 2, "/bin"},
    {"mail", 8, 8, "/var/mail"},
    {"www-data", 33, 33, "/var/www"},
    {"backup", 34, 34, "/var/backups"},
    {"nobody", 65534, 65534, "/"},
};

static const struct spec_user *find_own(const struct spec *spec, const char *name)
{
    const struct spec_user *users = spec->users.items;

    for (size_t i = 0; i < spec->users.count; i++) {
        if (!strcmp(users[i].name.text, name))
            return &users[i];
    }
    return NULL;
}

int image_owner(const struct image *image, const char *name, uid_t *uid, gid_t *gid)
{
    const struct spec_user *own = find_own(image->spec, name);

    if (own) {
        *uid = (uid_t)strtoul(own->uid.text, NULL, 10);
        *gid = (gid_t)strtoul(own->gid.text, NULL, 10);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (!strcmp(known[i].name, name)) {
            *uid = known[i].uid;
            *gid = known[i].gid;
            return 0;
        }
    }
    return -ENOENT;
}

static void add_line(char **passwd, char **group, const char *name, uid_t uid, gid_t gid,
                     const char *home)
{
    *passwd = format("%s%s:x:%u:%u::%s:/bin/sh\n", *passwd, name, uid, gid, home);
    *group = format("%s%s:x:%u:\n", *group, name, gid);
}

int image_users(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_user *own = spec->users.items;
    char *passwd = copy(""), *group = copy("");

    if (image_owner(image, spec->user.text, &image->uid, &image->gid) < 0)
        return spec_blame(spec, &spec->user, "user",
                          error_set(err, CHAOS_E_CONFIG, ENOENT,
                                    "\"%s\" is nobody here (add users: [{name: %s, uid: 100}])",
                                    spec->user.text, spec->user.text),
                          err);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const char *name = known[i].name;

        if (!find_own(spec, name))
            add_line(&passwd, &group, name, known[i].uid, known[i].gid, known[i].home);
    }
    group = format("%snogroup:x:65534:\n", group);
    for (size_t i = 0; i < spec->users.count; i++)
        add_line(&passwd, &group, own[i].name.text, (uid_t)strtoul(own[i].uid.text, NULL, 10),
                 (gid_t)strtoul(own[i].gid.text, NULL, 10), own[i].home.text);
    image_put(image, "/etc/passwd", S_IFREG | 0644, passwd, strlen(passwd), "users");
    image_put(image, "/etc/group", S_IFREG | 0644, group, strlen(group), "users");
    return 0;
}
