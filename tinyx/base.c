/* SPDX-License-Identifier: BSD-3-Clause */
/* What each image has: the directories that programs expect, the first process, and what it reads.
 */
#include "image.h"

#include "arena.h"
#include "conf.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* init/binary.S */
extern const char tinyx_init[], tinyx_init_end[];

static const struct {
    const char *path;
    mode_t mode;
} directories[] = {
    {"/dev", 0755},     {"/etc", 0755},      {"/proc", 0555},    {"/root", 0700},
    {"/run", 0755},     {"/sys", 0555},      {"/tmp", 01777},    {"/var", 0755},
    {"/var/log", 0755}, {"/var/tmp", 01777}, {"/var/lib", 0755},
};

static const struct {
    const char *path, *to;
} links[] = {
    {"/bin", "usr/bin"},     {"/sbin", "usr/sbin"},           {"/lib", "usr/lib"},
    {"/lib64", "usr/lib64"}, {"/usr/sbin/poweroff", "/init"}, {"/usr/sbin/reboot", "/init"},
    {"/var/run", "/run"},
};

static const struct {
    const char *path;
    mode_t mode;
    unsigned int major, minor;
} devices[] = {
    {"/dev/console", 0600, 5, 1}, {"/dev/null", 0666, 1, 3},   {"/dev/zero", 0666, 1, 5},
    {"/dev/full", 0666, 1, 7},    {"/dev/random", 0666, 1, 8}, {"/dev/urandom", 0666, 1, 9},
    {"/dev/tty", 0666, 5, 0},
};

static void put_text(struct image *image, const char *path, const char *text)
{
    image_put(image, path, S_IFREG | 0644, text, strlen(text), "tinyx");
}

/* tree_merged would lead the links of the merged /usr into themselves. */
static void put_link(struct image *image, const char *path, const char *to)
{
    struct entry entry = {.path = path, .mode = S_IFLNK | 0777, .data = to};

    image_add(image, &entry, NULL, "tinyx");
}

static void add(char **to, size_t *len, char letter, const char *text)
{
    size_t more = strlen(text) + 2;
    char *grown = take(*len + more);

    memcpy(grown, *to, *len);
    grown[*len] = letter;
    memcpy(grown + *len + 1, text, more - 1);
    *to = grown;
    *len += more;
}

static void put_conf(struct image *image)
{
    static const char *const defaults[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
                                           "HOME=/", "TERM=linux"};
    const struct spec *spec = image->spec;
    const struct spec_mount *mounts = spec->mounts.items;
    char *conf = copy("");
    size_t len = 0;

    add(&conf, &len, CONF_NAME, spec->name.text);
    add(&conf, &len, CONF_ARG, image->start ? image->start : image->program);
    for (size_t i = 1; i < spec->command.count; i++)
        add(&conf, &len, CONF_ARG, spec->command.items[i].text);
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        size_t name = strcspn(defaults[i], "=") + 1;
        bool given = false;

        for (size_t j = 0; j < spec->env.count; j++)
            given |= !strncmp(spec->env.items[j].text, defaults[i], name);
        if (!given)
            add(&conf, &len, CONF_ENV, defaults[i]);
    }
    for (size_t i = 0; i < spec->env.count; i++)
        add(&conf, &len, CONF_ENV, spec->env.items[i].text);
    add(&conf, &len, CONF_WORKDIR, spec->workdir.text);
    add(&conf, &len, CONF_UID, format("%u", image->uid));
    add(&conf, &len, CONF_GID, format("%u", image->gid));
    for (size_t i = 0; i < spec->mounts.count; i++) {
        add(&conf, &len, CONF_PATH, mounts[i].path.text);
        add(&conf, &len, CONF_TYPE, mounts[i].type.text);
        add(&conf, &len, CONF_SOURCE, mounts[i].source.text);
        add(&conf, &len, CONF_OPTIONS, mounts[i].options.text);
        image_put(image, mounts[i].path.text, S_IFDIR | 0755, NULL, 0, "mounts");
    }
    add(&conf, &len, CONF_NETWORK, spec->network.mode.text);
    if (!strcmp(spec->network.mode.text, "static")) {
        add(&conf, &len, CONF_IP, spec->network.ip.text);
        if (spec->network.gateway.text)
            add(&conf, &len, CONF_GATEWAY, spec->network.gateway.text);
    }
    image_put(image, CONF_FILE, S_IFREG | 0400, conf, len, "tinyx");
}

int image_base(struct image *image, chaos_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
        image_put(image, directories[i].path, S_IFDIR | directories[i].mode, NULL, 0, "tinyx");
    image_put(image, "/usr/bin", S_IFDIR | 0755, NULL, 0, "tinyx");
    image_put(image, "/usr/lib", S_IFDIR | 0755, NULL, 0, "tinyx");
    image_put(image, "/usr/lib64", S_IFDIR | 0755, NULL, 0, "tinyx");
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        put_link(image, links[i].path, links[i].to);
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
        struct entry *entry =
            image_put(image, devices[i].path, S_IFCHR | devices[i].mode, NULL, 0, "tinyx");

        entry->device = makedev(devices[i].major, devices[i].minor);
    }
    put_text(image, "/etc/hosts", "127.0.0.1 localhost\n");
    put_text(image, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
    image_put(image, "/init", S_IFREG | 0755, tinyx_init, (size_t)(tinyx_init_end - tinyx_init),
              "tinyx");
    put_conf(image);
    return 0;
}
