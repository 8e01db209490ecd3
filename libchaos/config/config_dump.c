/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration as canonical YAML: every key that has a value, in one order, free text always
 * in double quotes. Reading it and writing it again gives the same bytes; running domains are
 * recorded in this form.
 */
#include "config/config.h"

#include "config/config_device.h"
#include "config/cpus.h"
#include "base/error.h"
#include "base/size.h"
#include "base/util.h"
#include "base/yaml_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void put_number(struct yaml_writer *w, const char *key, unsigned int value)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", value);
    yaml_word(w, key, number);
}

/* Free text. If it is NULL the key is left out. */
static void put_text(struct yaml_writer *w, const char *key, const char *value)
{
    if (value)
        yaml_quoted(w, key, value);
}

/* A MAC address must be quoted: some readers take a few of them for numbers in base 60. */
static bool is_word(enum config_list list, unsigned int key)
{
    return list == LIST_VIFS ? key == VIF_MTU || key == VIF_RATE : key != VBD_TARGET;
}

static void put_item(struct yaml_writer *w, const chaos_config *cfg, enum config_list list,
                     unsigned int index)
{
    const struct config_list_form *form = &config_lists[list];

    yaml_item_begin(w);
    for (unsigned int key = 0; key < form->nr_keys; key++) {
        char buf[ITEM_BUF];
        const char *text = config_item_text(cfg, list, index, key, buf);

        if (text && is_word(list, key))
            yaml_word(w, form->keys[key], text);
        else
            put_text(w, form->keys[key], text);
    }
    yaml_item_end(w);
}

static void put_list(struct yaml_writer *w, const chaos_config *cfg, enum config_list list,
                     unsigned int count)
{
    if (!count)
        return;
    yaml_list(w, config_lists[list].name);
    for (unsigned int i = 0; i < count; i++)
        put_item(w, cfg, list, i);
    yaml_end(w);
}

static void put_console(struct yaml_writer *w, const chaos_config *cfg)
{
    char buf[CONSOLE_BUF];
    bool any = cfg->console_log || cfg->console.log_off;

    for (unsigned int key = KEY_CONSOLE_LOG_SIZE; key < CONFIG_KEYS; key++)
        any |= config_console_text(cfg, key, buf) != NULL;
    if (!any)
        return;
    yaml_mapping(w, "console");
    put_text(w, "log", cfg->console_log);
    if (cfg->console.log_off)
        yaml_word(w, "log", "off");
    for (unsigned int key = KEY_CONSOLE_LOG_SIZE; key < CONFIG_KEYS; key++) {
        const char *text = config_console_text(cfg, key, buf);

        if (text)
            yaml_word(w, config_key_name(key) + strlen("console."), text);
    }
    yaml_end(w);
}

static void put_cpus(struct yaml_writer *w, const chaos_config *cfg)
{
    char cpus[CPUS_BUF];

    if (!cfg->pinned)
        return;
    if (!cfg->nr_pins) {
        yaml_word(w, "cpus", cpus_format(cfg->cpus, cpus));
        return;
    }
    yaml_list(w, "cpus");
    for (unsigned int i = 0; i < cfg->nr_pins; i++) {
        const uint64_t *bits = cfg->pins[i].cpus;

        yaml_item_word(w, cpus_all(bits) ? "all" : cpus_format(bits, cpus));
    }
    yaml_end(w);
}

static void put_keys(struct yaml_writer *w, const chaos_config *cfg)
{
    char size[SIZE_BUF];

    put_text(w, "name", cfg->name);
    yaml_word(w, "type", config_type_name(cfg->type));
    put_text(w, "kernel", cfg->kernel);
    put_text(w, "ramdisk", cfg->ramdisk);
    put_text(w, "cmdline", cfg->cmdline);
    if (cfg->memory_kib)
        yaml_word(w, "memory", size_format_kib(cfg->memory_kib, size));
    put_number(w, "vcpus", cfg->vcpus);
    put_cpus(w, cfg);
    if (cfg->cpu_weight)
        put_number(w, "cpu_weight", cfg->cpu_weight);
    if (cfg->cpu_cap)
        put_number(w, "cpu_cap", cfg->cpu_cap);
    if (cfg->tsc_mode != TSC_DEFAULT)
        yaml_word(w, "tsc_mode", config_tsc_name(cfg->tsc_mode));
    if (cfg->max_event_channels)
        put_number(w, "max_event_channels", cfg->max_event_channels);
    if (cfg->max_grant_frames)
        put_number(w, "max_grant_frames", cfg->max_grant_frames);
    if (cfg->max_maptrack_frames >= 0)
        put_number(w, "max_maptrack_frames", (unsigned int)cfg->max_maptrack_frames);
    if (cfg->devices != DEVICES_DEFAULT)
        yaml_word(w, "devices", config_devices_name(cfg->devices));
    yaml_word(w, "on_poweroff", config_action_name(cfg->on_poweroff));
    yaml_word(w, "on_reboot", config_action_name(cfg->on_reboot));
    yaml_word(w, "on_crash", config_action_name(cfg->on_crash));
    put_console(w, cfg);
    put_list(w, cfg, LIST_VIFS, cfg->nr_vifs);
    put_list(w, cfg, LIST_VBDS, cfg->nr_vbds);
}

int chaos_config_dump(const chaos_config *cfg, char **out, chaos_error *err)
{
    struct yaml_writer w = {.text = NULL};

    *out = NULL;
    put_keys(&w, cfg);
    if (w.failed) {
        free(w.text);
        /* All text was checked when it was set, so only memory can be missing. */
        return error_oom(err);
    }
    *out = w.text;
    return 0;
}

int config_text(const chaos_config *cfg, const char **out, chaos_error *err)
{
    char *made, *none = NULL;
    int rc;

    *out = __atomic_load_n(&cfg->cache->text, __ATOMIC_ACQUIRE);
    if (*out)
        return 0;
    rc = chaos_config_dump(cfg, &made, err);
    if (rc < 0)
        return rc;
    *out = made;
    /* Another thread may have been faster; its text is the same, and somebody may read it already.
     */
    if (!__atomic_compare_exchange_n(&cfg->cache->text, &none, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free(made);
        *out = none;
    }
    return 0;
}
