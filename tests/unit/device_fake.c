/* SPDX-License-Identifier: BSD-3-Clause */
#include "device_fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../noxs/noxs.h"
#include "devices/bridge.h"
#include "devices/links.h"
#include "devices/loop.h"
#include "devices/noxs/back_ends.h"

#define MAX 256

/* A host without noxs costs nobody an allocation; one with it gives out these. */
struct back_ends {
    bool open;
};
struct noxs {
    bool open;
};
struct bridges {
    bool open;
};

static struct back {
    bool used;
    struct noxs_request req;
    int disk; /* of a vbd: the file, open */
    char bridge[16];
    bool lost; /* the bridge went */
    uint16_t slot;
    struct noxs_entry entry; /* as announced */
} backs[MAX];

static struct { /* a loop device that is kept for a domain */
    bool used;
    int file;
    struct loop_owner owner;
} kept[MAX];

#define LINK_INDEX 5000 /* of interfaces that a stock back end makes, by their domain */
static char link_bridges[MAX][16];

static uint32_t changes;
static bool locked;

#define LOOP_RDEV(n) makedev(7, n)
static struct loop foreign; /* a loop device of Dom0's own; ino 0: none */

static struct page_entry {
    bool used;
    uint16_t domid;
    struct noxs_entry entry;
} entries[MAX];

static struct back_ends the_backs;
static struct noxs the_noxs;
static struct bridges the_bridges;
static bool is_present, bridge_gone;
static int power_answer, release_answer, errnum;
static unsigned int powered;
static unsigned long countdown;
static const char *struck;

static void drop(struct back *back)
{
    if (back->used && back->req.type == NOXS_TYPE_VBD)
        close(back->disk);
    back->used = false;
}

static void *(*granted)(uint16_t domid, uint32_t grant);

void device_fake_reset(bool present)
{
    for (unsigned int i = 0; i < MAX; i++)
        drop(&backs[i]);
    for (unsigned int i = 0; i < MAX; i++) {
        if (kept[i].used)
            close(kept[i].file);
        kept[i].used = false;
    }
    device_fake_loop(NULL, false);
    memset(backs, 0, sizeof(backs));
    memset(entries, 0, sizeof(entries));
    is_present = present;
    bridge_gone = false;
    power_answer = release_answer = 0;
    powered = 0;
    granted = NULL;
    device_fake_fail_at(0, 0);
}

void device_fake_fail_at(unsigned long n, int error)
{
    countdown = n;
    errnum = error;
    struck = NULL;
}

const char *device_fake_struck(void)
{
    return struck;
}

static int call(const char *what)
{
    if (!countdown || --countdown)
        return 0;
    struck = what;
    return -errnum;
}

static struct back *find(uint16_t domid, uint8_t type, uint16_t index)
{
    for (unsigned int i = 0; i < MAX; i++) {
        if (backs[i].used && backs[i].req.domid == domid && backs[i].req.type == type &&
            backs[i].req.index == index)
            return &backs[i];
    }
    return NULL;
}

static struct page_entry *find_entry(uint16_t domid, uint8_t type, uint16_t index)
{
    for (unsigned int i = 0; i < MAX; i++) {
        if (entries[i].used && entries[i].domid == domid && entries[i].entry.type == type &&
            entries[i].entry.index == index)
            return &entries[i];
    }
    return NULL;
}

const char *device_fake_leaks(void)
{
    for (unsigned int i = 0; i < MAX; i++) {
        if (backs[i].used)
            return "a back end";
        if (kept[i].used)
            return "a loop device";
    }
    return locked             ? "the lock"
           : the_backs.open   ? "/dev/noxs"
           : the_noxs.open    ? "the hypercall's buffer"
           : the_bridges.open ? "the netlink socket"
                              : NULL;
}

unsigned int device_fake_count(uint16_t domid)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < MAX; i++)
        count += backs[i].used && backs[i].req.domid == domid;
    return count;
}

const struct noxs_request *device_fake_back(uint16_t domid, uint8_t type, uint16_t index)
{
    const struct back *back = find(domid, type, index);

    return back ? &back->req : NULL;
}

const char *device_fake_bridge(uint16_t domid, uint16_t index)
{
    const struct back *back = find(domid, NOXS_TYPE_VIF, index);

    return back ? back->bridge : NULL;
}

const struct noxs_entry *device_fake_entry(uint16_t domid, uint8_t type, uint16_t index)
{
    const struct page_entry *entry = find_entry(domid, type, index);

    return entry ? &entry->entry : NULL;
}

void device_fake_guest(int power, int release)
{
    power_answer = power;
    release_answer = release;
}

static bool waits;

void device_fake_waits(bool for_guest)
{
    waits = for_guest;
}

unsigned int device_fake_powered(void)
{
    return powered;
}

/* ---- devices/noxs/back_ends.h ---- */

int back_ends_open(struct back_ends **out)
{
    int rc = is_present ? call("open") : -ENOENT;

    if (rc == 0) {
        the_backs.open = true;
        *out = &the_backs;
    }
    return rc;
}

void back_ends_close(struct back_ends *handle)
{
    if (handle)
        handle->open = false;
}

static int add_one(struct noxs_request *req)
{
    struct stat st;

    if (find(req->domid, req->type, req->index))
        return -EEXIST;
    for (unsigned int i = 0; i < MAX; i++) {
        if (backs[i].used)
            continue;
        if (req->type == NOXS_TYPE_VBD && (fstat(req->u.vbd.fd, &st) < 0 || !st.st_size))
            return -ENODEV;
        req->grant = 100 + i;
        req->port = 10 + i;
        if (req->type == NOXS_TYPE_VIF)
            req->u.vif.ifindex = 1000 + i;
        if (req->type == NOXS_TYPE_VBD) {
            req->u.vbd.sectors = (uint64_t)st.st_size / 512;
            req->u.vbd.sector_size = req->u.vbd.physical_sector_size = 512;
        }
        backs[i] = (struct back){.used = true, .req = *req};
        if (req->type == NOXS_TYPE_VBD)
            backs[i].disk = fcntl(req->u.vbd.fd, F_DUPFD_CLOEXEC, 0);
        return 0;
    }
    return -ENOSPC;
}

int back_ends_add(struct back_ends *handle, struct noxs_request *reqs, unsigned int nr,
                  unsigned int *failed)
{
    int rc = call("add");

    *failed = 0;
    for (unsigned int i = 0; rc == 0 && i < nr; i++) {
        rc = add_one(&reqs[i]);
        if (rc < 0) {
            *failed = i;
            while (i--)
                drop(find(reqs[i].domid, reqs[i].type, reqs[i].index));
            break;
        }
    }
    return rc;
}

int back_ends_remove(struct back_ends *handle, const struct noxs_close *which)
{
    struct back *back = find(which->domid, which->type, which->index);

    if (back)
        drop(back);
    return back != NULL;
}

static void (*on_remove)(uint16_t domid);

void device_fake_on_remove(void (*fn)(uint16_t domid))
{
    on_remove = fn;
}

int back_ends_remove_domain(struct back_ends *handle, uint16_t domid)
{
    if (on_remove && device_fake_count(domid))
        on_remove(domid);
    for (unsigned int i = 0; i < MAX; i++) {
        if (backs[i].req.domid == domid)
            drop(&backs[i]);
        if (entries[i].domid == domid) /* the page goes with the domain */
            entries[i].used = false;
    }
    return 0;
}

int back_ends_list(struct back_ends *handle, uint16_t domid, struct noxs_status *out,
                   unsigned int room)
{
    int rc = call("list"), nr = 0;

    if (rc < 0)
        return rc;
    for (unsigned int i = 0; i < MAX; i++) {
        if (!backs[i].used || (domid && backs[i].req.domid != domid))
            continue;
        if ((unsigned int)nr < room)
            out[nr] = (struct noxs_status){
                .domid = backs[i].req.domid,
                .type = backs[i].req.type,
                .index = backs[i].req.index,
                .slot = backs[i].slot,
                .entry = backs[i].entry,
                .back_state = waits ? NOXS_STATE_INIT_WAIT : NOXS_STATE_CONNECTED,
                .host_id =
                    backs[i].req.type == NOXS_TYPE_VIF ? backs[i].req.u.vif.ifindex : LOOP_RDEV(i)};
        nr++;
    }
    return nr;
}

int back_ends_power(struct back_ends *handle, uint16_t domid, uint32_t request, uint32_t timeout_ms)
{
    int rc = call("power");

    if (rc == 0 && !find(domid, NOXS_TYPE_CONTROL, 0))
        rc = -ENOENT;
    if (rc == 0)
        powered++;
    return rc < 0 ? rc : power_answer;
}

int back_ends_release(struct back_ends *handle, const struct noxs_close *which)
{
    int rc = call("release");

    if (rc == 0 && !find(which->domid, which->type, which->index))
        rc = -ENOENT;
    return rc < 0 ? rc : release_answer;
}

/* The lowest slot that the domain has free. */
static uint16_t free_slot(uint16_t domid)
{
    uint16_t slot = 0;

    for (unsigned int i = 0; i < MAX; i++) {
        if (backs[i].used && backs[i].req.domid == domid && backs[i].entry.type &&
            backs[i].slot == slot) {
            slot++;
            i = -1U;
        }
    }
    return slot;
}

int back_ends_announce(struct back_ends *handle, struct noxs_announce *all, unsigned int nr)
{
    int rc = call("announce");

    if (rc < 0)
        return rc;
    changes++;
    for (unsigned int i = 0; i < nr; i++) {
        struct back *back = find(all[i].domid, all[i].entry.type, all[i].entry.index);

        if (!back)
            return -ENOENT;
        if (back->entry.type)
            return -EEXIST;
        back->slot = free_slot(all[i].domid);
        back->entry = all[i].entry;
        back->entry.serial = ++changes;
        all[i].slot = back->slot;
        all[i].entry = back->entry;
    }
    for (unsigned int i = 0; i < nr; i++)
        all[i].generation = 2 * changes;
    return 0;
}

void device_fake_grants(void *(*fn)(uint16_t domid, uint32_t grant))
{
    granted = fn;
}

/* Writes as the kernel does: where the grant says. */
int back_ends_announce_first(struct back_ends *handle, struct noxs_announce *all, unsigned int nr,
                             uint32_t grant)
{
    struct noxs_page *page = granted ? granted(all[0].domid, grant) : NULL;
    int rc = page ? back_ends_announce(handle, all, nr) : -EIO;

    if (rc < 0)
        return rc;
    *page = (struct noxs_page){.magic = NOXS_PAGE_MAGIC,
                               .version = NOXS_ABI_VERSION,
                               .generation = all[0].generation,
                               .slots = nr,
                               .count = nr,
                               .domid = all[0].domid};
    for (unsigned int i = 0; i < nr; i++)
        page->entry[all[i].slot] = all[i].entry;
    return 0;
}

int back_ends_retract(struct back_ends *handle, struct noxs_announce *one)
{
    int rc = call("retract");
    struct back *back = find(one->domid, one->entry.type, one->entry.index);

    if (rc < 0)
        return rc;
    if (!back || !back->entry.type)
        return -ENOENT;
    one->generation = 2 * ++changes;
    back->entry.type = NOXS_TYPE_NONE;
    return 0;
}

void back_ends_lock(struct back_ends *handle)
{
    if (locked)
        abort(); /* it would wait for ever */
    locked = true;
}

void back_ends_unlock(struct back_ends *handle)
{
    locked = false;
}

/* ---- devices/bridge.h ---- */

int bridges_open(struct bridges **out)
{
    the_bridges.open = true;
    *out = &the_bridges;
    return 0;
}

void bridges_close(struct bridges *br)
{
    if (br)
        br->open = false;
}

int bridges_join(struct bridges *br, const struct bridge_port *ports, unsigned int nr,
                 unsigned int *failed)
{
    int rc = call("plug");

    for (*failed = 0; rc == 0 && *failed < nr; (*failed)++) {
        const struct bridge_port *port = &ports[*failed];

        if (port->bridge[0] && !bridges_has(br, port->bridge))
            return -ENODEV;
        if (port->ifindex >= LINK_INDEX && port->ifindex < LINK_INDEX + MAX)
            memcpy(link_bridges[port->ifindex - LINK_INDEX], port->bridge, sizeof(port->bridge));
        for (unsigned int i = 0; i < MAX; i++) {
            if (backs[i].used && backs[i].req.type == NOXS_TYPE_VIF &&
                backs[i].req.u.vif.ifindex == port->ifindex)
                memcpy(backs[i].bridge, port->bridge, sizeof(port->bridge));
        }
    }
    return rc;
}

int bridges_look(struct bridges *br, uint32_t ifindex, struct bridge_place *out)
{
    int rc = call("bridge_look");

    *out = (struct bridge_place){.mtu = 1500};
    for (unsigned int i = 0; rc == 0 && i < MAX; i++) {
        if (!backs[i].used || backs[i].req.type != NOXS_TYPE_VIF ||
            backs[i].req.u.vif.ifindex != ifindex)
            continue;
        memcpy(out->wanted, backs[i].bridge, sizeof(out->wanted));
        if (!backs[i].lost)
            memcpy(out->actual, backs[i].bridge, sizeof(out->actual));
    }
    return rc;
}

int bridges_mend(struct bridges *br)
{
    int count = 0;

    for (unsigned int i = 0; i < MAX && !bridge_gone; i++) {
        count += backs[i].used && backs[i].lost;
        backs[i].lost = false;
    }
    return count;
}

bool bridges_has(struct bridges *br, const char *bridge)
{
    return !bridge_gone && strcmp(bridge, DEVICE_FAKE_BRIDGE) == 0;
}

void device_fake_remove_bridge(void)
{
    device_fake_remake_bridge();
    bridge_gone = true;
}

void device_fake_remake_bridge(void)
{
    bridge_gone = false;
    for (unsigned int i = 0; i < MAX; i++)
        backs[i].lost = backs[i].used && backs[i].bridge[0];
}

void device_fake_lose(uint16_t domid, uint8_t type, uint16_t index)
{
    drop(find(domid, type, index));
}

void device_fake_leave(uint16_t domid, uint8_t type, uint16_t index)
{
    backs[MAX - 1] =
        (struct back){.used = true, .req = {.domid = domid, .type = type, .index = index}};
}

/* ---- devices/loop.h ---- */

/* The same open file, as the loop device has it: its locks last as long. One that is kept for an
 * owner has a number of its own; what is open of it is a file all the same, whose number is 0. */
int loop_attach(int file, bool readonly, const struct loop_owner *owner, int *out)
{
    int rc = call("loop");

    (void)readonly;
    for (unsigned int i = 0; rc == 0 && owner && i < MAX; i++) {
        if (kept[i].used)
            continue;
        kept[i].used = true;
        kept[i].owner = *owner;
        kept[i].file = fcntl(file, F_DUPFD_CLOEXEC, 0);
        break;
    }
    if (rc == 0)
        *out = fcntl(file, F_DUPFD_CLOEXEC, 0);
    return rc;
}

int loop_release(int nr, const struct loop_owner *owner)
{
    int found = -ENOENT;

    (void)nr;
    for (unsigned int i = 0; i < MAX; i++) {
        if (!kept[i].used || kept[i].owner.domid != owner->domid ||
            memcmp(kept[i].owner.uuid, owner->uuid, sizeof(owner->uuid)) != 0)
            continue;
        close(kept[i].file);
        kept[i].used = false;
        found = 0;
    }
    return found;
}

int loop_list(struct loop **out)
{
    int nr = 0;

    *out = calloc(2 * MAX + 1, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    for (unsigned int i = 0; i < MAX; i++) {
        struct stat st;

        if (kept[i].used && fstat(kept[i].file, &st) == 0)
            (*out)[nr++] = (struct loop){.rdev = LOOP_RDEV(MAX + 1 + i),
                                         .dev = st.st_dev,
                                         .ino = st.st_ino,
                                         .ours = true,
                                         .kept = true,
                                         .owner = kept[i].owner};
    }
    for (unsigned int i = 0; i < MAX; i++) {
        struct stat st;

        if (!backs[i].used || backs[i].req.type != NOXS_TYPE_VBD || fstat(backs[i].disk, &st) < 0)
            continue;
        (*out)[nr++] = (struct loop){
            .rdev = LOOP_RDEV(i),
            .dev = st.st_dev,
            .ino = st.st_ino,
            .readonly = backs[i].req.u.vbd.flags & NOXS_VBD_READONLY,
            .ours = true,
        };
    }
    if (foreign.ino)
        (*out)[nr++] = foreign;
    return nr;
}

void device_fake_loop(const char *path, bool readonly)
{
    struct stat st;

    memset(&foreign, 0, sizeof(foreign));
    if (path && stat(path, &st) == 0)
        foreign = (struct loop){
            .rdev = LOOP_RDEV(MAX), .dev = st.st_dev, .ino = st.st_ino, .readonly = readonly};
}

/* ---- devices/links.h ---- */

int links_listen(void)
{
    int rc = call("links_listen");

    return rc < 0 ? rc : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static unsigned int link_place(unsigned int domid, unsigned int index)
{
    return (domid * 16 + index) % MAX;
}

int links_wait(int listener, struct link *links, unsigned int nr, unsigned int timeout_ms)
{
    int rc = call("links_wait");
    unsigned int domid, index;

    (void)listener;
    (void)timeout_ms;
    for (unsigned int i = 0; rc == 0 && i < nr; i++) {
        if (sscanf(links[i].name, "vif%u.%u", &domid, &index) != 2)
            return -EINVAL;
        links[i].ifindex = LINK_INDEX + link_place(domid, index);
        link_bridges[link_place(domid, index)][0] = '\0';
    }
    return rc;
}

const char *device_fake_link_bridge(uint16_t domid, uint16_t index)
{
    return link_bridges[link_place(domid, index)];
}

/* ---- noxs/noxs.h ---- */

int noxs_attach(struct noxs **out)
{
    int rc = is_present ? call("noxs_attach") : -ENOSYS;

    if (rc == 0) {
        the_noxs.open = true;
        *out = &the_noxs;
    }
    return rc;
}

void noxs_close(struct noxs *noxs)
{
    if (noxs)
        noxs->open = false;
}

int noxs_add(struct noxs *noxs, uint16_t domid, const struct noxs_entry *add, unsigned int nr)
{
    unsigned int slot = 0;
    int rc = call("noxs_add");

    for (unsigned int i = 0; rc == 0 && i < nr; i++) {
        if (find_entry(domid, add[i].type, add[i].index))
            rc = -EEXIST;
    }
    for (unsigned int i = 0; rc == 0 && i < nr; i++) {
        while (entries[slot].used)
            slot++;
        entries[slot] = (struct page_entry){.used = true, .domid = domid, .entry = add[i]};
    }
    return rc;
}

int noxs_remove(struct noxs *noxs, uint16_t domid, const struct noxs_id *ids, unsigned int nr)
{
    int rc = call("noxs_remove");

    for (unsigned int i = 0; rc == 0 && i < nr; i++) {
        struct page_entry *entry = find_entry(domid, ids[i].type, ids[i].index);

        if (!entry)
            return -ENOENT;
        entry->used = false;
    }
    return rc;
}

int noxs_list(struct noxs *noxs, uint16_t domid, struct noxs_entry *out, unsigned int room,
              uint32_t *generation)
{
    int rc = call("noxs_list"), nr = 0;

    for (unsigned int i = 0; rc == 0 && i < MAX; i++) {
        if (entries[i].used && entries[i].domid == domid && (unsigned int)nr < room)
            out[nr++] = entries[i].entry;
    }
    if (generation)
        *generation = 2;
    return rc < 0 ? rc : nr;
}
