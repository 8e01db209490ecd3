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

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct writer {
    yaml_emitter_t emitter;
    char *text; /* NUL-terminated once there is any */
    size_t used, room;
    bool failed; /* stays set, so that it is enough to look at the end */
};

static int append(void *data, unsigned char *bytes, size_t len)
{
    struct writer *w = data;

    if (w->used + len + 1 > w->room) {
        size_t room = ROUND_UP(w->used + len + 1, 1024);
        char *more = realloc(w->text, room);

        if (!more)
            return 0;
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->used, bytes, len);
    w->used += len;
    w->text[w->used] = '\0';
    return 1;
}

/* `made` is what yaml_*_event_initialize returned. The emitter frees the event either way. */
static void emit(struct writer *w, yaml_event_t *event, int made)
{
    if (w->failed) {
        if (made)
            yaml_event_delete(event);
        return;
    }
    w->failed = !made || !yaml_emitter_emit(&w->emitter, event);
}

static void put(struct writer *w, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;

    emit(w, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), 1, 1, style));
}

static void open_mapping(struct writer *w)
{
    yaml_event_t event;

    emit(w, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void close_mapping(struct writer *w)
{
    yaml_event_t event;

    emit(w, &event, yaml_mapping_end_event_initialize(&event));
}

/* A word of our own, which needs no quotes. */
static void put_word(struct writer *w, const char *key, const char *value)
{
    put(w, key, YAML_PLAIN_SCALAR_STYLE);
    put(w, value, YAML_PLAIN_SCALAR_STYLE);
}

static void put_number(struct writer *w, const char *key, unsigned int value)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", value);
    put_word(w, key, number);
}

/* Free text. If it is NULL the key is left out. */
static void put_text(struct writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    put(w, key, YAML_PLAIN_SCALAR_STYLE);
    put(w, value, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

/* A MAC address must be quoted: some readers take a few of them for numbers in base 60. */
static bool is_word(enum config_list list, unsigned int key)
{
    return list == LIST_VIFS ? key == VIF_MTU || key == VIF_RATE : key != VBD_TARGET;
}

static void put_item(struct writer *w, const chaos_config *cfg, enum config_list list,
                     unsigned int index)
{
    const struct config_list_form *form = &config_lists[list];

    open_mapping(w);
    for (unsigned int key = 0; key < form->nr_keys; key++) {
        char buf[ITEM_BUF];
        const char *text = config_item_text(cfg, list, index, key, buf);

        if (text && is_word(list, key))
            put_word(w, form->keys[key], text);
        else
            put_text(w, form->keys[key], text);
    }
    close_mapping(w);
}

static void put_list(struct writer *w, const chaos_config *cfg, enum config_list list,
                     unsigned int count)
{
    yaml_event_t event;

    if (!count)
        return;
    put(w, config_lists[list].name, YAML_PLAIN_SCALAR_STYLE);
    emit(w, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (unsigned int i = 0; i < count; i++)
        put_item(w, cfg, list, i);
    emit(w, &event, yaml_sequence_end_event_initialize(&event));
}

static void put_console(struct writer *w, const chaos_config *cfg)
{
    char buf[CONSOLE_BUF];
    bool any = cfg->console_log || cfg->console.log_off;

    for (unsigned int key = KEY_CONSOLE_LOG_SIZE; key < CONFIG_KEYS; key++)
        any |= config_console_text(cfg, key, buf) != NULL;
    if (!any)
        return;
    put(w, "console", YAML_PLAIN_SCALAR_STYLE);
    open_mapping(w);
    put_text(w, "log", cfg->console_log);
    if (cfg->console.log_off)
        put_word(w, "log", "off");
    for (unsigned int key = KEY_CONSOLE_LOG_SIZE; key < CONFIG_KEYS; key++) {
        const char *text = config_console_text(cfg, key, buf);

        if (text)
            put_word(w, config_key_name(key) + strlen("console."), text);
    }
    close_mapping(w);
}

static void put_cpus(struct writer *w, const chaos_config *cfg)
{
    char cpus[CPUS_BUF];
    yaml_event_t event;

    if (!cfg->pinned)
        return;
    if (!cfg->nr_pins) {
        put_word(w, "cpus", cpus_format(cfg->cpus, cpus));
        return;
    }
    put(w, "cpus", YAML_PLAIN_SCALAR_STYLE);
    emit(w, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (unsigned int i = 0; i < cfg->nr_pins; i++) {
        const uint64_t *bits = cfg->pins[i].cpus;

        put(w, cpus_all(bits) ? "all" : cpus_format(bits, cpus), YAML_PLAIN_SCALAR_STYLE);
    }
    emit(w, &event, yaml_sequence_end_event_initialize(&event));
}

static void put_keys(struct writer *w, const chaos_config *cfg)
{
    char size[SIZE_BUF];

    put_text(w, "name", cfg->name);
    put_word(w, "type", config_type_name(cfg->type));
    put_text(w, "kernel", cfg->kernel);
    put_text(w, "ramdisk", cfg->ramdisk);
    put_text(w, "cmdline", cfg->cmdline);
    if (cfg->memory_kib)
        put_word(w, "memory", size_format_kib(cfg->memory_kib, size));
    put_number(w, "vcpus", cfg->vcpus);
    put_cpus(w, cfg);
    if (cfg->cpu_weight)
        put_number(w, "cpu_weight", cfg->cpu_weight);
    if (cfg->cpu_cap)
        put_number(w, "cpu_cap", cfg->cpu_cap);
    if (cfg->tsc_mode != TSC_DEFAULT)
        put_word(w, "tsc_mode", config_tsc_name(cfg->tsc_mode));
    if (cfg->max_event_channels)
        put_number(w, "max_event_channels", cfg->max_event_channels);
    if (cfg->max_grant_frames)
        put_number(w, "max_grant_frames", cfg->max_grant_frames);
    if (cfg->max_maptrack_frames >= 0)
        put_number(w, "max_maptrack_frames", (unsigned int)cfg->max_maptrack_frames);
    if (cfg->devices != DEVICES_DEFAULT)
        put_word(w, "devices", config_devices_name(cfg->devices));
    put_word(w, "on_poweroff", config_action_name(cfg->on_poweroff));
    put_word(w, "on_reboot", config_action_name(cfg->on_reboot));
    put_word(w, "on_crash", config_action_name(cfg->on_crash));
    put_console(w, cfg);
    put_list(w, cfg, LIST_VIFS, cfg->nr_vifs);
    put_list(w, cfg, LIST_VBDS, cfg->nr_vbds);
}

static void put_stream(struct writer *w, const chaos_config *cfg)
{
    yaml_event_t event;

    emit(w, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(w, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    open_mapping(w);
    put_keys(w, cfg);
    close_mapping(w);
    emit(w, &event, yaml_document_end_event_initialize(&event, 1));
    emit(w, &event, yaml_stream_end_event_initialize(&event));
}

int chaos_config_dump(const chaos_config *cfg, char **out, chaos_error *err)
{
    struct writer w = {.text = NULL};

    *out = NULL;
    if (!yaml_emitter_initialize(&w.emitter))
        return error_oom(err);
    yaml_emitter_set_output(&w.emitter, append, &w);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    put_stream(&w, cfg);
    yaml_emitter_delete(&w.emitter);
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
