/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads specifications from files, checks keys against each other, and fills in defaults. */
#include "spec.h"

#include "config/config_device.h"
#include "arena.h"
#include "spec_read.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

#define bad(spec, text, key, err, ...)                                                             \
    spec_blame(spec, text, key, error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__), err)

int spec_blame(const struct spec *spec, const struct spec_text *text, const char *key, int rc,
               chaos_error *err)
{
    if (key)
        error_prefix(err, rc, "%s", key);
    if (!text->line)
        return error_prefix(err, rc, "%s", spec->label);
    return error_prefix(err, rc, "%s:%u:%u", spec->label, text->line, text->column);
}

static void fill(struct spec_text *text, const char *value)
{
    if (!text->text)
        text->text = copy(value);
}

static int check_application(struct spec *spec, chaos_error *err)
{
    const struct spec_text *forms[] = {&spec->package, &spec->binary, &spec->directory};
    const struct spec_text none = {0}, *given = NULL;

    if (!spec->name.text)
        return bad(spec, &none, "name", err, "is missing (add name: VALUE)");
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (!forms[i]->text)
            continue;
        if (given) {
            bool later = forms[i]->line > given->line;

            return bad(spec, later ? forms[i] : given, NULL, err,
                       "the application is given already, in line %u (give one of package, binary "
                       "and directory)",
                       later ? given->line : forms[i]->line);
        }
        given = forms[i];
    }
    if (!given)
        return bad(spec, &none, NULL, err,
                   "the application is missing (add package, binary or directory)");
    if (!spec->command.count && !spec->binary.text)
        return bad(spec, &none, "command", err,
                   "is missing (add command: [PROGRAM, ARGUMENT, ...])");
    if (spec->command.count && !*spec->command.items[0].text)
        return bad(spec, &spec->command.items[0], "command", err, "has no program");
    return 0;
}

static int check_file(const struct spec *spec, size_t i, chaos_error *err)
{
    const struct spec_file *files = spec->files.items, *file = &files[i];
    const char *key = format("files[%zu]", i);

    if (!file->path.text)
        return bad(spec, &spec->name, format("files[%zu].path", i), err,
                   "is missing (add path: /WHERE/IN/THE/IMAGE)");
    for (size_t j = 0; j < i; j++) {
        if (!strcmp(files[j].path.text, file->path.text))
            return bad(spec, &file->path, key, err, "%s is given already, in line %u",
                       file->path.text, files[j].path.line);
    }
    if (!!file->source.text + !!file->text.text + !!file->link.text > 1)
        return bad(spec, &file->path, key, err,
                   "has more than one content (give one of source, text and link)");
    if (file->link.text && file->mode.text)
        return bad(spec, &file->mode, key, err, "is a link, which has no mode");
    if (file->link.text && !*file->link.text)
        return bad(spec, &file->link, key, err, "is empty (give what the link is to)");
    return 0;
}

static int check_mount(const struct spec *spec, size_t i, chaos_error *err)
{
    struct spec_mount *mount = (struct spec_mount *)spec->mounts.items + i;
    const char *key = format("mounts[%zu]", i);

    if (!mount->path.text)
        return bad(spec, &spec->name, format("mounts[%zu].path", i), err,
                   "is missing (add path: /WHERE)");
    fill(&mount->type, "tmpfs");
    if (!mount->source.text && strcmp(mount->type.text, "tmpfs"))
        return bad(spec, &mount->type, key, err, "has no source (add source: /dev/xvda)");
    fill(&mount->source, "none");
    fill(&mount->options, "");
    return 0;
}

static int check_user(const struct spec *spec, size_t i, chaos_error *err)
{
    struct spec_user *users = spec->users.items, *user = &users[i];

    if (!user->name.text)
        return bad(spec, &spec->name, format("users[%zu].name", i), err,
                   "is missing (add name: VALUE)");
    for (size_t j = 0; j < i; j++) {
        if (!strcmp(users[j].name.text, user->name.text))
            return bad(spec, &user->name, "users", err, "%s is given already, in line %u",
                       user->name.text, users[j].name.line);
    }
    if (!user->uid.text)
        return bad(spec, &user->name, "users", err, "%s has no number (add uid: 100)",
                   user->name.text);
    fill(&user->gid, user->uid.text);
    fill(&user->home, "/");
    return 0;
}

static int check_network(struct spec *spec, chaos_error *err)
{
    struct spec_network *net = &spec->network;
    struct config_vif vif;
    int rc;

    if (!net->mode.text)
        fill(&net->mode, net->ip.text ? "static" : net->bridge.text ? "noxs" : "none");
    if (!strcmp(net->mode.text, "none") && (net->bridge.text || net->ip.text || net->gateway.text))
        return bad(spec, &net->mode, "network", err, "none has neither bridge nor addresses");
    if (!strcmp(net->mode.text, "dhcp") && (net->ip.text || net->gateway.text))
        return bad(spec, &net->mode, "network", err, "dhcp brings the addresses along");
    if (!strcmp(net->mode.text, "static") && !net->ip.text)
        return bad(spec, &net->mode, "network", err,
                   "static needs an address (write {ip: 10.0.0.2/24})");
    if (!net->gateway.text)
        return 0;
    if (!net->ip.text)
        return bad(spec, &net->gateway, "network.gateway", err, "needs ip");
    config_vif_init(&vif);
    rc = config_vif_set(&vif, VIF_IP, net->ip.text, err);
    if (!rc)
        rc = config_vif_set(&vif, VIF_GATEWAY, net->gateway.text, err);
    if (!rc)
        rc = config_vif_check(&vif, err);
    return rc < 0 ? spec_blame(spec, &net->gateway, "network.gateway", rc, err) : 0;
}

static int check_platform(struct spec *spec, chaos_error *err)
{
    struct spec_list *list = &spec->platform;

    if (list->count > 1 && !strcmp(list->items[0].text, list->items[1].text))
        return bad(spec, &list->items[1], "platform", err, "%s is given twice",
                   list->items[1].text);
    if (!list->count) {
        list_add(list, ((struct spec_text){copy("xen-pvh"), 0, 0}));
        list_add(list, ((struct spec_text){copy("xen-pv"), 0, 0}));
    }
    return 0;
}

static int check(struct spec *spec, chaos_error *err)
{
    int rc = check_application(spec, err);

    for (size_t i = 0; !rc && i < spec->files.count; i++)
        rc = check_file(spec, i, err);
    for (size_t i = 0; !rc && i < spec->mounts.count; i++)
        rc = check_mount(spec, i, err);
    for (size_t i = 0; !rc && i < spec->users.count; i++)
        rc = check_user(spec, i, err);
    if (!rc)
        rc = check_network(spec, err);
    if (!rc)
        rc = check_platform(spec, err);
    fill(&spec->memory, "64MiB");
    fill(&spec->user, "root");
    fill(&spec->workdir, spec->directory.text ? "/app" : "/");
    fill(&spec->cmdline, "");
    return rc;
}

int spec_parse(const char *label, const char *base, const char *text, size_t len, struct spec *out,
               chaos_error *err)
{
    struct reader r;
    int rc;

    *out = (struct spec){.label = copy(label), .base = base ? copy(base) : NULL};
    rc = reader_open(&r, out->label, text, len, err);
    if (rc < 0)
        return rc;
    rc = spec_read(&r, out);
    reader_close(&r);
    return rc < 0 ? rc : check(out, err);
}

int spec_load(const char *path, struct spec *out, chaos_error *err)
{
    cleanup_free char *text = NULL, *base = NULL;
    size_t len;
    int rc = reader_load(path, &text, &len, &base, err);

    return rc < 0 ? rc : spec_parse(path, base, text, len, out, err);
}
