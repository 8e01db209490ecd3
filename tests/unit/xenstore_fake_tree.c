/* SPDX-License-Identifier: BSD-3-Clause */
#include "xenstore_fake_tree.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstore_fake.h"

#define NODES 4096

static struct node {
    char path[200]; /* "": none */
    char value[600];
    char perms[40];
} nodes[NODES];
static unsigned int nr;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct node *find(const char *path)
{
    for (unsigned int i = 0; i < nr; i++) {
        if (strcmp(nodes[i].path, path) == 0)
            return &nodes[i];
    }
    return NULL;
}

static struct node *make(const char *path)
{
    struct node *node = find(path), *above;
    char parent[200];

    if (node)
        return node;
    if (nr == NODES)
        abort();
    snprintf(parent, sizeof(parent), "%s", path);
    *strrchr(parent, '/') = '\0';
    above = parent[0] ? make(parent) : NULL;
    node = &nodes[nr++];
    snprintf(node->path, sizeof(node->path), "%s", path);
    node->value[0] = '\0';
    snprintf(node->perms, sizeof(node->perms), "%s", above ? above->perms : "r0");
    return node;
}

static bool below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

void fake_tree_reset(void)
{
    nr = 0;
}

unsigned int fake_tree_count(void)
{
    return nr;
}

const char *fake_tree_value(const char *path)
{
    struct node *node = find(path);

    return node ? node->value : NULL;
}

void fake_tree_write(const char *path, const char *value)
{
    struct node *node;

    pthread_mutex_lock(&mutex);
    node = make(path);
    if (value)
        snprintf(node->value, sizeof(node->value), "%s", value);
    pthread_mutex_unlock(&mutex);
}

bool fake_tree_remove(const char *path)
{
    unsigned int kept = 0, before = nr;

    pthread_mutex_lock(&mutex);
    for (unsigned int i = 0; i < nr; i++) {
        if (!below(nodes[i].path, path))
            nodes[kept++] = nodes[i];
    }
    nr = kept;
    pthread_mutex_unlock(&mutex);
    return kept != before;
}

bool fake_tree_allow(const char *path, const char *perms, size_t len)
{
    struct node *node = find(path);
    size_t at = 0;

    if (!node)
        return false;
    node->perms[0] = '\0';
    while (at < len) {
        size_t used = strlen(node->perms);

        snprintf(node->perms + used, sizeof(node->perms) - used, "%s%s", used ? "," : "",
                 perms + at);
        at += strlen(perms + at) + 1;
    }
    return true;
}

int fake_tree_list(const char *path, char *out, size_t room)
{
    size_t len = strlen(path), used = 0;

    if (!find(path))
        return -1;
    for (unsigned int i = 0; i < nr; i++) {
        const char *name = nodes[i].path + len + 1;

        if (!below(nodes[i].path, path) || nodes[i].path[len] != '/' || strchr(name, '/') ||
            used + strlen(name) + 1 > room)
            continue;
        strcpy(out + used, name);
        used += strlen(name) + 1;
    }
    return (int)used;
}

unsigned int xenstore_fake_nodes(void)
{
    return nr;
}

const char *xenstore_fake_value(const char *path)
{
    return fake_tree_value(path);
}

const char *xenstore_fake_perms(const char *path)
{
    struct node *node = find(path);

    return node ? node->perms : NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp((*(const struct node *const *)a)->path, (*(const struct node *const *)b)->path);
}

const char *xenstore_fake_dump(void)
{
    static char text[1 << 18];
    static const struct node *sorted[NODES];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned int i = 0; i < nr; i++)
        sorted[i] = &nodes[i];
    if (nr)
        qsort(sorted, nr, sizeof(sorted[0]), compare);
    for (unsigned int i = 0; i < nr; i++)
        len += snprintf(text + len, sizeof(text) - len, "%s = %s (%s)\n", sorted[i]->path,
                        sorted[i]->value, sorted[i]->perms);
    return text;
}

void xenstore_fake_set(const char *path, const char *value)
{
    fake_tree_write(path, value);
}

void xenstore_fake_remove(const char *path)
{
    fake_tree_remove(path);
}
