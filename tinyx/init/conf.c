/* SPDX-License-Identifier: BSD-3-Clause */
#include "init.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool add_mount(struct conf *conf, char letter, const char *value)
{
    if (letter == CONF_PATH) {
        if (conf->nr_mounts == CONF_MAX_MOUNTS)
            return false;
        conf->mounts[conf->nr_mounts++].path = value;
        return true;
    }
    if (!conf->nr_mounts)
        return false;
    switch (letter) {
    case CONF_TYPE:
        conf->mounts[conf->nr_mounts - 1].type = value;
        break;
    case CONF_SOURCE:
        conf->mounts[conf->nr_mounts - 1].source = value;
        break;
    default:
        conf->mounts[conf->nr_mounts - 1].options = value;
    }
    return true;
}

static bool add(struct conf *conf, char letter, char *value)
{
    switch (letter) {
    case CONF_NAME:
        conf->name = value;
        return true;
    case CONF_ARG:
        if (conf->nr_args == CONF_MAX_ARGS)
            return false;
        conf->args[conf->nr_args++] = value;
        return true;
    case CONF_ENV:
        if (conf->nr_env == CONF_MAX_ENV + CONF_OWN_ENV)
            return false;
        conf->env[conf->nr_env++] = value;
        return true;
    case CONF_WORKDIR:
        conf->workdir = value;
        return true;
    case CONF_UID:
        conf->uid = strtoul(value, NULL, 10);
        return true;
    case CONF_GID:
        if (conf->nr_groups == MAX_GROUPS)
            return false;
        conf->groups[conf->nr_groups++] = strtoul(value, NULL, 10);
        conf->gid = conf->groups[0];
        return true;
    case CONF_NETWORK:
        conf->network = value;
        return true;
    case CONF_IP:
        conf->ip = value;
        return true;
    case CONF_GATEWAY:
        conf->gateway = value;
        return true;
    case CONF_PATH:
    case CONF_TYPE:
    case CONF_SOURCE:
    case CONF_OPTIONS:
        return add_mount(conf, letter, value);
    default:
        return false;
    }
}

static bool complete(const struct conf *conf)
{
    for (size_t i = 0; i < conf->nr_mounts; i++) {
        if (!conf->mounts[i].type || !conf->mounts[i].source || !conf->mounts[i].options)
            return false;
    }
    return conf->nr_args && conf->name && conf->network && conf->workdir;
}

bool conf_parse(char *text, size_t len, struct conf *out)
{
    if (!len || text[len - 1]) {
        say("%s is cut short", CONF_FILE);
        return false;
    }
    for (char *record = text; record < text + len; record += strlen(record) + 1) {
        if (!*record || !add(out, *record, record + 1)) {
            say("%s: a record that makes no sense: %.40s", CONF_FILE, record);
            return false;
        }
    }
    if (!complete(out)) {
        say("%s: incomplete", CONF_FILE);
        return false;
    }
    return true;
}

bool conf_read(struct conf *out)
{
    static char text[CONF_MAX_BYTES + 1];
    int fd = open(CONF_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

    if (fd >= 0)
        close(fd);
    if (len < 0 || len > CONF_MAX_BYTES) {
        say("%s is missing or too long", CONF_FILE);
        return false;
    }
    return conf_parse(text, (size_t)len, out);
}
