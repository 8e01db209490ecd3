/* SPDX-License-Identifier: BSD-3-Clause */
#define _XOPEN_SOURCE 700
#include "place.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiny_elf.h"

struct place place;

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "we");

    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        fail_msg("cannot write %s", path);
}

void place_make(struct place *p)
{
    uint8_t ramdisk[3 * 4096 + 100];
    struct tiny t;

    memset(p, 0, sizeof(*p));
    strcpy(p->dir, "/tmp/chaos-unit-XXXXXX");
    if (!mkdtemp(p->dir))
        fail_msg("no temporary directory");
    snprintf(p->run, sizeof(p->run), "%s/run", p->dir);
    snprintf(p->kernel, sizeof(p->kernel), "%s/kernel", p->dir);
    snprintf(p->ramdisk, sizeof(p->ramdisk), "%s/ramdisk", p->dir);
    tiny_kernel(&t);
    write_file(p->kernel, t.bytes, t.size);
    for (size_t i = 0; i < sizeof(ramdisk); i++)
        ramdisk[i] = (uint8_t)(i * 7);
    write_file(p->ramdisk, ramdisk, sizeof(ramdisk));
}

void place_kernel(struct place *p, const struct tiny *t)
{
    write_file(p->kernel, t->bytes, t->size);
}

uint8_t place_far(size_t i)
{
    return (uint8_t)(i * 13 + (i >> 8));
}

void place_kernel_large(struct place *p)
{
    uint8_t *bytes = calloc(1, PLACE_FAR_OFFSET + PLACE_FAR);
    struct tiny t;

    tiny_kernel(&t);
    tiny_phdr(&t, 2, PT_LOAD, PLACE_FAR_OFFSET, PLACE_FAR_PADDR, PLACE_FAR, PLACE_FAR + 100);
    memcpy(bytes, t.bytes, t.size);
    for (size_t i = 0; i < PLACE_FAR; i++)
        bytes[PLACE_FAR_OFFSET + i] = place_far(i);
    write_file(p->kernel, bytes, PLACE_FAR_OFFSET + PLACE_FAR);
    free(bytes);
}

void place_kernel_pvh_only(struct place *p)
{
    struct tiny t;

    tiny_begin(&t, false);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, TINY_PADDR);
    tiny_end(&t);
    write_file(p->kernel, t.bytes, t.size);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void place_remove(struct place *p)
{
    if (p->host) /* the test failed half-way */
        chaos_host_close(p->host);
    p->host = NULL;
    nftw(p->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

int place_try_open(struct place *p, struct hv *hv)
{
    int rc;

    p->hv = hv;
    rc = host_open_with(hv, p->run, &p->host, &p->err);
    if (rc < 0)
        p->hv = NULL;
    return rc;
}

void place_open(struct place *p)
{
    p->fds = open_fds();
    if (place_try_open(p, fake_open(PLACE_PAGES)) < 0)
        fail_msg("cannot open the host: %s", p->err.text);
}

void place_close(struct place *p)
{
    const char *left = place_left(p);

    if (left)
        fail_msg("left over: %s", left);
    chaos_host_close(p->host);
    p->host = NULL;
    p->hv = NULL;
    if (p->fds && open_fds() != p->fds)
        fail_msg("%d descriptors before, %d after", p->fds, open_fds());
}

int place_begin(void **state)
{
    (void)state;
    place_make(&place);
    place_open(&place);
    return 0;
}

int place_begin_large(void **state)
{
    (void)state;
    place_make(&place);
    if (place_try_open(&place, fake_open(40000)) < 0)
        fail_msg("%s", place.err.text);
    return 0;
}

int place_end(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static const char *entry_in(const struct place *p, const char *sub)
{
    static char text[400];
    char path[100];
    struct dirent *ent;
    bool found = false;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", p->run, sub);
    dir = opendir(path);
    while (dir && !found && (ent = readdir(dir))) {
        found = ent->d_name[0] != '.';
        if (found)
            snprintf(text, sizeof(text), "%s/%s", sub, ent->d_name);
    }
    if (dir)
        closedir(dir);
    return found ? text : NULL;
}

const char *place_left(struct place *p)
{
    const char *left = p->hv ? fake_leaks(p->hv) : NULL;

    if (!left)
        left = entry_in(p, "names");
    return left ? left : entry_in(p, "domains");
}

chaos_config *place_config(struct place *p, enum chaos_type type, const char *more)
{
    chaos_config *cfg;
    char text[400];

    snprintf(text, sizeof(text), "type: %s\nkernel: %s\nmemory: %dKiB\n%s\n",
             type == CHAOS_PV ? "pv" : "pvh", p->kernel, PLACE_MEMORY, more);
    if (chaos_config_parse("test", text, strlen(text), &cfg, &p->err) < 0)
        fail_msg("%s", p->err.text);
    return cfg;
}

uint32_t place_create(struct place *p, const chaos_config *cfg, const char *name)
{
    uint32_t domid;

    place_worked(p, chaos_create(p->host, cfg, name, false, &domid, &p->err));
    return domid;
}

struct chaos_domain place_find(struct place *p, const char *ref)
{
    struct chaos_domain dom;

    place_worked(p, chaos_find(p->host, ref, &dom, &p->err));
    return dom;
}

void place_failed(struct place *p, int rc, enum chaos_status status)
{
    if (rc >= 0)
        fail_msg("what should have failed returned %d", rc);
    if (!p->err.text[0] || p->err.status == CHAOS_OK)
        fail_msg("returned %d without a message", rc);
    if (p->err.errnum != -rc)
        fail_msg("returned %d, recorded errno %d: %s", rc, p->err.errnum, p->err.text);
    if (status != CHAOS_OK && p->err.status != status)
        fail_msg("status %d rather than %d: %s", p->err.status, status, p->err.text);
    memset(&p->err, 0, sizeof(p->err));
}

void place_worked(struct place *p, int rc)
{
    if (rc < 0)
        fail_msg("returned %d: %s", rc, p->err.text);
    if (p->err.text[0] || p->err.status != CHAOS_OK)
        fail_msg("succeeded, and left a message: %s", p->err.text);
}
