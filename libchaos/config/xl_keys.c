/* SPDX-License-Identifier: BSD-3-Clause */
/* What each key of xl.cfg(5) that has a counterpart becomes; xl_other.c has those that have none.
 */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GRUB                                                                                       \
    "Debian's grub-xen-host has GRUB's own image, which loads the kernel from the guest's disk: "  \
    "kernel = \"/usr/lib/grub-xen/grub-x86_64-xen.bin\", or grub-i386-xen_pvh.bin for pvh"

static int put_text(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const char *text;
    int rc = xl_text(x, pair, &text);

    return rc < 0 ? rc : xl_set(x, pair, key, text);
}

static int put_number(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    uint64_t number = 0;
    char text[24];
    int rc = xl_number(x, pair, &number);

    snprintf(text, sizeof(text), "%" PRIu64, number);
    return rc < 0 ? rc : xl_set(x, pair, key, text);
}

static int hvm(struct xl_reader *x, const struct xl_pair *pair)
{
    int rc = xl_refuse(x, pair->value.where, pair->name,
                       "\"hvm\" has no counterpart (kernels of Linux run as \"pvh\", too)");

    return rc < 0 ? rc : xl_set(x, pair, KEY_TYPE, "pvh");
}

static int set_type(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0)
        return rc;
    return strcmp(text, "hvm") ? xl_set(x, pair, KEY_TYPE, text) : hvm(x, pair);
}

/* The older name of type. */
static int set_builder(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const struct xl_pair *type = xl_find(&x->file, "type");
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0)
        return rc;
    if (strcmp(text, "hvm") && strcmp(text, "generic"))
        return xl_wrong(x, pair->value.where, pair->name, "\"%s\" is neither generic nor hvm",
                        SHOW(text));
    if (type && type->value.text && strcmp(type->value.text, *text == 'h' ? "hvm" : "pv"))
        return xl_wrong(x, pair->value.where, pair->name,
                        "\"%s\" contradicts type in line %u (leave it out)", text,
                        type->where.line);
    return *text == 'h' ? hvm(x, pair) : 0; /* pv is the default already */
}

/* root and extra together are the command line, unless there is cmdline. */
static int set_cmdline(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const struct xl_pair *whole = xl_find(&x->file, "cmdline"), *root = xl_find(&x->file, "root");
    const struct xl_pair *extra = xl_find(&x->file, "extra");
    cleanup_free char *both = NULL;
    const char *text, *more = "";
    int rc = xl_text(x, pair, &text);

    if (rc < 0 || pair == whole)
        return rc < 0 ? rc : xl_set(x, pair, key, text);
    if (whole)
        return xl_note(x, pair->where, pair->name, "does not count beside cmdline in line %u",
                       whole->where.line);
    if (pair == extra && root) /* it is done with root */
        return 0;
    if (pair == extra)
        return xl_set(x, pair, key, text);
    if (extra && (rc = xl_text(x, extra, &more)) < 0)
        return rc;
    if (asprintf(&both, "root=%s%s%s", text, extra ? " " : "", more) < 0)
        return error_oom(x->err);
    return xl_set(x, pair, key, both);
}

/* The most that a VM may have later, of memory or vCPUs: `now` names what it has at first. */
static int most(struct xl_reader *x, const struct xl_pair *pair, const char *now)
{
    const struct xl_pair *first = xl_find(&x->file, now);
    uint64_t max = 0, number = 1;
    int rc = xl_number(x, pair, &max);

    if (!rc && first)
        rc = xl_number(x, first, &number);
    if (rc < 0)
        return rc;
    if (first && max < number)
        return xl_wrong(x, pair->value.where, pair->name, "is less than %s in line %u", now,
                        first->where.line);
    if (max == number)
        return 0;
    return xl_note(x, pair->where, pair->name,
                   "has no counterpart (the VM keeps the %s that it starts with)", now);
}

static int set_maxmem(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    return most(x, pair, "memory");
}

static int set_maxvcpus(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    return most(x, pair, "vcpus");
}

/* The actions that chaos lacks, and what comes nearest. */
static int set_action(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    static const struct {
        const char *theirs, *ours, *lost;
    } actions[] = {
        {"rename-restart", "restart", "the VM that ended is not kept"},
        {"coredump-restart", "restart", "no core is dumped"},
        {"coredump-destroy", "destroy", "no core is dumped"},
    };
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0)
        return rc;
    if (!strcmp(text, "soft-reset"))
        return xl_refuse(x, pair->value.where, pair->name, "\"soft-reset\" has no counterpart");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (strcmp(text, actions[i].theirs))
            continue;
        rc = xl_note(x, pair->where, pair->name, "\"%s\" has no counterpart, \"%s\" is taken: %s",
                     text, actions[i].ours, actions[i].lost);
        return rc < 0 ? rc : xl_set(x, pair, key, actions[i].ours);
    }
    return xl_set(x, pair, key, text);
}

/* Names, or their numbers, as in older files. */
static int set_tsc_mode(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    static const char *const names[] = {"default", "always_emulate", "native", "native_paravirt"};
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0)
        return rc;
    if (*text >= '0' && *text <= '3' && !text[1])
        text = names[*text - '0'];
    if (!strcmp(text, names[3]))
        return xl_refuse(x, pair->value.where, pair->name,
                         "\"native_paravirt\" has no counterpart (try native)");
    return xl_set(x, pair, key, text);
}

static int set_bootloader(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0 || !*text)
        return rc;
    return xl_refuse(x, pair->value.where, pair->name,
                     "\"%s\", a boot loader that runs in Dom0, has no counterpart (" GRUB ")",
                     SHOW(text));
}

static int set_firmware(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    const char *text;
    int rc = xl_text(x, pair, &text);

    if (rc < 0 || !*text)
        return rc;
    return xl_refuse(x, pair->value.where, pair->name,
                     "\"%s\" has no counterpart (give its file as kernel; " GRUB ")", SHOW(text));
}

static int set_cpus(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    return xl_cpus(x, pair);
}

static int set_vifs(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    return xl_vifs(x, pair);
}

static int set_disks(struct xl_reader *x, const struct xl_pair *pair, enum config_key key)
{
    return xl_disks(x, pair);
}

static const struct {
    const char *name;
    int (*set)(struct xl_reader *x, const struct xl_pair *pair, enum config_key key);
    enum config_key key;
} keys[] = {
    {"name", put_text, KEY_NAME},
    {"type", set_type, KEY_TYPE},
    {"builder", set_builder, KEY_TYPE},
    {"kernel", put_text, KEY_KERNEL},
    {"ramdisk", put_text, KEY_RAMDISK},
    {"cmdline", set_cmdline, KEY_CMDLINE},
    {"root", set_cmdline, KEY_CMDLINE},
    {"extra", set_cmdline, KEY_CMDLINE},
    {"memory", put_number, KEY_MEMORY},
    {"maxmem", set_maxmem, KEY_MEMORY},
    {"vcpus", put_number, KEY_VCPUS},
    {"maxvcpus", set_maxvcpus, KEY_VCPUS},
    {"cpus", set_cpus, KEY_CPUS},
    {"cpu_weight", put_number, KEY_CPU_WEIGHT},
    {"cap", put_number, KEY_CPU_CAP},
    {"tsc_mode", set_tsc_mode, KEY_TSC_MODE},
    {"max_event_channels", put_number, KEY_MAX_EVENT_CHANNELS},
    {"max_grant_frames", put_number, KEY_MAX_GRANT_FRAMES},
    {"max_maptrack_frames", put_number, KEY_MAX_MAPTRACK_FRAMES},
    {"on_poweroff", set_action, KEY_ON_POWEROFF},
    {"on_reboot", set_action, KEY_ON_REBOOT},
    {"on_crash", set_action, KEY_ON_CRASH},
    {"vif", set_vifs, CONFIG_KEYS},
    {"disk", set_disks, CONFIG_KEYS},
    {"bootloader", set_bootloader, KEY_KERNEL},
    {"firmware", set_firmware, KEY_KERNEL},
};

int xl_apply(struct xl_reader *x, const struct xl_pair *pair)
{
    const char *known[ARRAY_SIZE(keys)], *guess;
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!strcmp(pair->name, keys[i].name))
            return keys[i].set(x, pair, keys[i].key);
        known[i] = keys[i].name;
    }
    if (xl_apply_other(x, pair, &rc))
        return rc;
    /* xl says nothing. Such names are variables of files that once were Python, or misspelt. */
    guess = text_guess(pair->name, known, ARRAY_SIZE(known));
    if (guess)
        return xl_note(x, pair->where, SHOW(pair->name), "unknown key (did you mean %s?)", guess);
    return xl_note(x, pair->where, SHOW(pair->name), "unknown key, for xl, too");
}
