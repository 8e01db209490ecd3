/* SPDX-License-Identifier: BSD-3-Clause */
/* The part that all images have: directories that programs expect, the first process and its
 * configuration. */
#include "image.h"

#include "arena.h"
#include "conf.h"
#include "base/util.h"

#include <errno.h>
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

/* CONF_FILE as it grows. */
struct records {
    char bytes[CONF_MAX_BYTES];
    size_t len;
};

static bool add(struct records *to, char letter, const char *text)
{
    size_t more = strlen(text) + 2;

    if (more > sizeof(to->bytes) - to->len)
        return false;
    to->bytes[to->len] = letter;
    memcpy(to->bytes + to->len + 1, text, more - 1);
    to->len += more;
    return true;
}

/* Adds the records that are short whatever the specification says; they always fit. */
static void add_fixed(struct records *to, const struct image *image)
{
    static const char *const defaults[CONF_OWN_ENV] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/", "TERM=linux"};
    const struct spec *spec = image->spec;

    add(to, CONF_NAME, spec->name.text);
    add(to, CONF_ARG, image->start ? image->start : image->program);
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        size_t name = strcspn(defaults[i], "=") + 1;
        bool given = false;

        for (size_t j = 0; j < spec->env.count; j++)
            given |= !strncmp(spec->env.items[j].text, defaults[i], name);
        if (!given)
            add(to, CONF_ENV, defaults[i]);
    }
    add(to, CONF_WORKDIR, spec->workdir.text);
    add(to, CONF_UID, format("%u", image->uid));
    add(to, CONF_GID, format("%u", image->gid));
    add(to, CONF_NETWORK, spec->network.mode.text);
    if (!strcmp(spec->network.mode.text, "static")) {
        add(to, CONF_IP, spec->network.ip.text);
        if (spec->network.gateway.text)
            add(to, CONF_GATEWAY, spec->network.gateway.text);
    }
}

static int too_long(const struct spec *spec, const struct spec_text *at, const char *key,
                    chaos_error *err)
{
    return spec_blame(spec, at, key,
                      error_set(err, CHAOS_E_CONFIG, E2BIG,
                                "is too long: arguments, variables and mounts are at most %u KiB "
                                "together",
                                CONF_MAX_BYTES / 1024),
                      err);
}

static int add_list(struct records *to, char letter, const struct spec *spec,
                    const struct spec_list *list, size_t from, const char *key, chaos_error *err)
{
    for (size_t i = from; i < list->count; i++) {
        if (!add(to, letter, list->items[i].text))
            return too_long(spec, &list->items[i], key, err);
    }
    return 0;
}

static int put_conf(struct image *image, chaos_error *err)
{
    const struct spec *spec = image->spec;
    const struct spec_mount *mounts = spec->mounts.items;
    struct records *conf = take(sizeof(*conf));
    int rc;

    add_fixed(conf, image);
    rc = add_list(conf, CONF_ARG, spec, &spec->command, 1, "command", err);
    if (!rc)
        rc = add_list(conf, CONF_ENV, spec, &spec->env, 0, "env", err);
    for (size_t i = 0; i < spec->mounts.count && !rc; i++) {
        if (!add(conf, CONF_PATH, mounts[i].path.text) ||
            !add(conf, CONF_TYPE, mounts[i].type.text) ||
            !add(conf, CONF_SOURCE, mounts[i].source.text) ||
            !add(conf, CONF_OPTIONS, mounts[i].options.text))
            rc = too_long(spec, &mounts[i].path, "mounts", err);
        image_put(image, mounts[i].path.text, S_IFDIR | 0755, NULL, 0, "mounts");
    }
    image_put(image, CONF_FILE, S_IFREG | 0400, conf->bytes, conf->len, "tinyx");
    return rc;
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
    return put_conf(image, err);
}
