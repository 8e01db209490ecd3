/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys, and how the text of a value becomes a part of the configuration. */
#include "config/config.h"

#include "base/error.h"
#include "base/path.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

/* Order as in enum config_key. */
static const char *const names[CONFIG_KEYS] = {
    "name",
    "type",
    "kernel",
    "ramdisk",
    "cmdline",
    "memory",
    "vcpus",
    "cpus",
    "cpu_weight",
    "cpu_cap",
    "tsc_mode",
    "max_event_channels",
    "max_grant_frames",
    "max_maptrack_frames",
    "devices",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "console.log",
    "console.log_size",
    "console.log_keep",
    "console.rate",
    "console.server",
};

/* NULL: the key has none. */
static const char *const defaults[CONFIG_KEYS] = {
    [KEY_TYPE] = "pvh",          [KEY_CMDLINE] = "",         [KEY_VCPUS] = "1",
    [KEY_CPUS] = "all",          [KEY_TSC_MODE] = "default", [KEY_ON_POWEROFF] = "destroy",
    [KEY_ON_REBOOT] = "restart", [KEY_ON_CRASH] = "destroy",
};

/* Names that other tools have for these keys. */
static const struct {
    const char *other, *ours;
} synonyms[] = {
    {"extra", "cmdline"},   {"root", "cmdline"},        {"args", "cmdline"},
    {"append", "cmdline"},  {"initrd", "ramdisk"},      {"initramfs", "ramdisk"},
    {"maxmem", "memory"},   {"mem", "memory"},          {"maxvcpus", "vcpus"},
    {"builder", "type"},    {"image", "kernel"},        {"affinity", "cpus"},
    {"log", "console.log"}, {"on_halt", "on_poweroff"}, {"vif", "vifs"},
    {"nics", "vifs"},       {"network", "vifs"},        {"vbd", "vbds"},
    {"disk", "vbds"},       {"disks", "vbds"},          {"tsc", "tsc_mode"},
    {"cap", "cpu_cap"},     {"weight", "cpu_weight"},   {"pin", "cpus"},
};

static const char *const types[] = {[CHAOS_PV] = "pv", [CHAOS_PVH] = "pvh"};
static const char *const actions[] = {
    [CHAOS_DESTROY] = "destroy", [CHAOS_RESTART] = "restart", [CHAOS_PRESERVE] = "preserve"};
static const char *const tsc_modes[] = {
    [TSC_DEFAULT] = "default", [TSC_ALWAYS_EMULATE] = "always_emulate", [TSC_NATIVE] = "native"};
static const char *const buses[] = {[DEVICES_DEFAULT] = "",
                                    [DEVICES_AUTO] = "auto",
                                    [DEVICES_NOXS] = "noxs",
                                    [DEVICES_XENSTORE] = "xenstore"};

#define bad(err, ...) error_set(err, CHAOS_E_CONFIG, EINVAL, __VA_ARGS__)

const char *config_key_name(enum config_key key)
{
    return names[key];
}

const char *config_type_name(enum chaos_type type)
{
    return types[type];
}

const char *config_action_name(enum chaos_action action)
{
    return actions[action];
}

const char *config_tsc_name(enum config_tsc mode)
{
    return tsc_modes[mode];
}

const char *config_devices_name(enum config_devices devices)
{
    return buses[devices];
}

/* The index of `text` among the words; `count` if it is none of them. */
static unsigned int find_word(const char *const *words, unsigned int count, const char *text)
{
    unsigned int i = 0;

    while (i < count && strcmp(text, words[i]))
        i++;
    return i;
}

enum config_key config_key_find(const char *name)
{
    return find_word(names, CONFIG_KEYS, name);
}

int config_key_unknown(const char *name, chaos_error *err)
{
    const char *guess = text_guess(name, names, ARRAY_SIZE(names));

    for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++) {
        if (!strcmp(name, synonyms[i].other))
            guess = synonyms[i].ours;
    }
    if (guess)
        return bad(err, "unknown key (did you mean %s?)", guess);
    return bad(err, "unknown key (there are name, type, kernel, ramdisk, cmdline, memory, vcpus, "
                    "cpus, cpu_weight, cpu_cap, tsc_mode, max_event_channels, max_grant_frames, "
                    "max_maptrack_frames, "
                    "devices, on_poweroff, on_reboot, on_crash, console.log, console.log_size, "
                    "console.log_keep, console.rate, console.server, vifs and "
                    "vbds)");
}

static int set_name(chaos_config *cfg, const char *text, chaos_error *err)
{
    size_t len = strlen(text);
    char *copy;

    if (len > CHAOS_NAME_MAX)
        return bad(err, "\"%s\" is %zu bytes long (at most %d)", SHOW(text), len, CHAOS_NAME_MAX);
    if (len && strspn(text, "0123456789") == len)
        return bad(err, "\"%s\" is a number, which means a domid (try vm-%s)", text, text);
    if (!chaos_name_valid(text))
        return bad(err,
                   "\"%s\" is not a name (letters, digits, \"-\", \"_\" and \".\", the first a "
                   "letter or digit, and not a uuid)",
                   SHOW(text));
    copy = strdup(text);
    if (!copy)
        return error_oom(err);
    free(cfg->name);
    cfg->name = copy;
    return 0;
}

int config_set_path(char **field, const char *base, const char *text, chaos_error *err)
{
    const char *fault = text_fault(text);
    char *path;
    int rc;

    if (!*text)
        return bad(err, "is empty (give the path of a file)");
    if (fault)
        return bad(err, "\"%s\" %s", SHOW(text), fault);
    rc = path_resolve(base, text, &path, err);
    if (rc < 0)
        return rc;
    free(*field);
    *field = path;
    return 0;
}

static int set_cmdline(chaos_config *cfg, const char *text, chaos_error *err)
{
    const char *fault = text_fault(text);
    char *copy;

    if (fault)
        return bad(err, "\"%s\" %s", SHOW(text), fault);
    if (strlen(text) > CONFIG_MAX_CMDLINE)
        return bad(err, "\"%s\" is %zu bytes long (at most %d)", SHOW(text), strlen(text),
                   CONFIG_MAX_CMDLINE);
    copy = strdup(text);
    if (!copy)
        return error_oom(err);
    free(cfg->cmdline);
    cfg->cmdline = copy;
    return 0;
}

static int set_memory(chaos_config *cfg, const char *text, chaos_error *err)
{
    char buf[SIZE_BUF];
    uint64_t kib = 0;
    int rc = size_parse_kib(text, &kib);

    if (rc == -EINVAL)
        return bad(err, "\"%s\" is not a size (try %s)", SHOW(text), size_guess(text, buf));
    if (rc == -ERANGE || kib > CONFIG_MAX_KIB)
        return bad(err, "\"%s\" is too much (at most 16TiB)", SHOW(text));
    if (kib < CONFIG_MIN_KIB)
        return bad(err, "\"%s\" is too little (at least 256KiB)", SHOW(text));
    if (kib % 4)
        return bad(err, "\"%s\" is not a multiple of 4KiB (try %s)", SHOW(text),
                   size_format_kib(ROUND_UP(kib, 4), buf));
    cfg->memory_kib = kib;
    return 0;
}

/* A whole number from `min` to `max` of `what`. */
static int set_number(unsigned int *field, const char *text, unsigned int min, unsigned int max,
                      const char *what, chaos_error *err)
{
    const char *p = text;
    uint64_t number;

    if (!text_number(&p, &number) || *p || number < min || number > max)
        return bad(err, "\"%s\" is not a number of %s (%u to %u)", SHOW(text), what, min, max);
    *field = (unsigned int)number;
    return 0;
}

static int set_maptrack(chaos_config *cfg, const char *text, chaos_error *err)
{
    unsigned int frames = 0;
    int rc = set_number(&frames, text, 0, CONFIG_MAX_FRAMES, "frames", err);

    if (!rc)
        cfg->max_maptrack_frames = (int)frames;
    return rc;
}

static int set_type(enum chaos_type *field, const char *text, chaos_error *err)
{
    unsigned int i = find_word(types, ARRAY_SIZE(types), text);

    if (i == ARRAY_SIZE(types))
        return bad(err, "\"%s\" is not a type (pv or pvh)", SHOW(text));
    *field = i;
    return 0;
}

static int set_tsc_mode(enum config_tsc *field, const char *text, chaos_error *err)
{
    unsigned int i = find_word(tsc_modes, ARRAY_SIZE(tsc_modes), text);

    if (i == ARRAY_SIZE(tsc_modes))
        return bad(err, "\"%s\" is not a TSC mode (default, always_emulate or native)", SHOW(text));
    *field = i;
    return 0;
}

bool config_devices_find(const char *text, enum config_devices *out)
{
    unsigned int i = *text ? find_word(buses, ARRAY_SIZE(buses), text) : ARRAY_SIZE(buses);

    if (i < ARRAY_SIZE(buses))
        *out = i;
    return i < ARRAY_SIZE(buses);
}

static int set_devices(enum config_devices *field, const char *text, chaos_error *err)
{
    return config_devices_find(text, field)
               ? 0
               : bad(err, "\"%s\" is no way to tell of devices (auto, noxs or xenstore)",
                     SHOW(text));
}

static int set_action(enum chaos_action *field, const char *text, chaos_error *err)
{
    unsigned int i = find_word(actions, ARRAY_SIZE(actions), text);

    if (i == ARRAY_SIZE(actions))
        return bad(err, "\"%s\" is not an action (destroy, restart or preserve)", SHOW(text));
    *field = i;
    return 0;
}

void config_changed(chaos_config *cfg)
{
    free(cfg->cache->text);
    cfg->cache->text = NULL;
}

int config_key_set(chaos_config *cfg, enum config_key key, const char *base, const char *text,
                   chaos_error *err)
{
    config_changed(cfg);
    switch (key) {
    case KEY_NAME:
        return set_name(cfg, text, err);
    case KEY_TYPE:
        return set_type(&cfg->type, text, err);
    case KEY_KERNEL:
        return config_set_path(&cfg->kernel, base, text, err);
    case KEY_RAMDISK:
        return config_set_path(&cfg->ramdisk, base, text, err);
    case KEY_CMDLINE:
        return set_cmdline(cfg, text, err);
    case KEY_MEMORY:
        return set_memory(cfg, text, err);
    case KEY_VCPUS:
        return set_number(&cfg->vcpus, text, 1, CONFIG_MAX_VCPUS, "vCPUs", err);
    case KEY_CPUS:
        return config_cpus_set(cfg, text, err);
    case KEY_CPU_WEIGHT:
        return set_number(&cfg->cpu_weight, text, 1, CONFIG_MAX_WEIGHT, "shares", err);
    case KEY_CPU_CAP:
        return set_number(&cfg->cpu_cap, text, 0, CONFIG_MAX_CAP, "percent", err);
    case KEY_TSC_MODE:
        return set_tsc_mode(&cfg->tsc_mode, text, err);
    case KEY_MAX_EVENT_CHANNELS:
        return set_number(&cfg->max_event_channels, text, CONFIG_MIN_PORTS, CONFIG_MAX_PORTS,
                          "event channels", err);
    case KEY_MAX_GRANT_FRAMES:
        return set_number(&cfg->max_grant_frames, text, 1, CONFIG_MAX_FRAMES, "frames", err);
    case KEY_MAX_MAPTRACK_FRAMES:
        return set_maptrack(cfg, text, err);
    case KEY_DEVICES:
        return set_devices(&cfg->devices, text, err);
    case KEY_ON_POWEROFF:
        return set_action(&cfg->on_poweroff, text, err);
    case KEY_ON_REBOOT:
        return set_action(&cfg->on_reboot, text, err);
    case KEY_ON_CRASH:
        return set_action(&cfg->on_crash, text, err);
    case KEY_CONSOLE_LOG:
        return config_log_set(cfg, base, text, err);
    case KEY_CONSOLE_LOG_SIZE:
    case KEY_CONSOLE_LOG_KEEP:
    case KEY_CONSOLE_RATE:
    case KEY_CONSOLE_SERVER:
        return config_console_set(cfg, key, text, err);
    case CONFIG_KEYS:
        break;
    }
    return error_set(err, CHAOS_E_FAILED, EINVAL, "no such key");
}

int config_key_reset(chaos_config *cfg, enum config_key key, chaos_error *err)
{
    char **field = key == KEY_NAME      ? &cfg->name
                   : key == KEY_KERNEL  ? &cfg->kernel
                   : key == KEY_RAMDISK ? &cfg->ramdisk
                                        : NULL;

    config_changed(cfg);
    if (defaults[key])
        return config_key_set(cfg, key, NULL, defaults[key], err);
    if (field) {
        free(*field);
        *field = NULL;
    } else if (key == KEY_MEMORY) {
        cfg->memory_kib = 0;
    } else if (key == KEY_CPU_WEIGHT) {
        cfg->cpu_weight = 0;
    } else if (key == KEY_CPU_CAP) {
        cfg->cpu_cap = 0;
    } else if (key == KEY_MAX_EVENT_CHANNELS) {
        cfg->max_event_channels = 0;
    } else if (key == KEY_MAX_GRANT_FRAMES) {
        cfg->max_grant_frames = 0;
    } else if (key == KEY_MAX_MAPTRACK_FRAMES) {
        cfg->max_maptrack_frames = -1;
    } else if (key == KEY_DEVICES) {
        cfg->devices = DEVICES_DEFAULT;
    } else if (key == KEY_CONSOLE_LOG) {
        config_log_reset(cfg);
    } else {
        config_console_reset(cfg, key);
    }
    return 0;
}
