/* SPDX-License-Identifier: BSD-3-Clause */
/* vif of xl.cfg(5), as xl-network-configuration(5) has it: a list of "KEY=VALUE,KEY=VALUE,...". */
#include "config/xl_items.h"

#include "base/error.h"
#include "base/size.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XL_BRIDGE "xenbr0" /* where an interface is that names no bridge */

/* "[0-9]+[GMK]?[Bb]/s" as KiB/s; all prefixes are powers of 1000, and b is a bit. */
static bool read_rate(const char *text, char out[SIZE_BUF])
{
    static const char prefixes[] = "KMG";
    const char *p = text, *prefix;
    uint64_t bytes;

    if (!text_number(&p, &bytes) || !bytes || bytes > UINT32_MAX)
        return false;
    prefix = *p ? strchr(prefixes, *p) : NULL;
    if (prefix) {
        for (const char *each = prefixes; each <= prefix; each++)
            bytes *= 1000;
        p++;
    }
    if (*p == 'b')
        bytes /= 8;
    if ((*p != 'b' && *p != 'B') || strcmp(p + 1, "/s"))
        return false;
    snprintf(out, SIZE_BUF, "%" PRIu64 "KiB/s", bytes < 1024 ? 1 : (bytes + 512) / 1024);
    return true;
}

/* How often the credit is renewed, behind the "@": "[0-9]+[mu]?s?", in seconds where no unit is
 * given. False if it is none. *usual: it is the 50 ms of xl's default. */
static bool read_interval(const char *text, bool *usual)
{
    const char *p = text, *unit;
    uint64_t number;

    if (!text_number(&p, &number))
        return false;
    unit = p;
    p += *p == 'm' || *p == 'u';
    p += *p == 's';
    *usual = (*unit == 'm' && number == 50) || (*unit == 'u' && number == 50000);
    return !*p;
}

static int set_rate(struct xl_item *item, char *text)
{
    char *interval = strchr(text, '@'), rate[SIZE_BUF];
    bool usual = true;

    if (interval)
        *interval++ = '\0';
    if (!read_rate(text, rate))
        return xl_item_wrong(item, "rate", "\"%s\" is not a rate (try 10Mb/s or 1MB/s)",
                             SHOW(text));
    if (interval && !read_interval(interval, &usual))
        return xl_item_wrong(item, "rate", "\"%s\" is not an interval (try 50ms)", SHOW(interval));
    if (!usual && xl_item_note(item, "rate", "the interval has no counterpart (it is fixed)") < 0)
        return -ENOMEM;
    return xl_item_set(item, VIF_RATE, rate);
}

/* For xl it is a rule of the firewall, here the guest is told it: which needs the network's length.
 */
static int set_ip(struct xl_item *item, char *text)
{
    if (!strchr(text, '/'))
        return xl_item_note(item, "ip",
                            "\"%s\" has no counterpart without its network's length: the guest is "
                            "not told, and there is no rule of the firewall (try %s/24)",
                            SHOW(text), SHOW(text));
    return xl_item_set(item, VIF_IP, text);
}

static int set_script(struct xl_item *item, char *text)
{
    const char *slash = strrchr(text, '/');

    if (!strcmp(slash ? slash + 1 : text, "vif-bridge"))
        return 0;
    return xl_item_refuse(
        item, "script",
        "\"%s\" has no counterpart (no script is run; an interface is in a bridge "
        "of Linux)",
        SHOW(text));
}

static int set_backend(struct xl_item *item, char *text)
{
    if (!strcmp(text, "0") || !strcmp(text, "Domain-0"))
        return 0;
    return xl_item_refuse(item, "backend", "\"%s\" has no counterpart (back ends are in Dom0)",
                          SHOW(text));
}

static int set_devid(struct xl_item *item, char *text)
{
    char index[16];

    snprintf(index, sizeof(index), "%u", item->number);
    if (!strcmp(text, index))
        return 0;
    return xl_item_note(item, "devid", "has no counterpart (the interface is number %s)", index);
}

static int set_type(struct xl_item *item, char *text)
{
    if (!strcmp(text, "vif"))
        return 0;
    if (strcmp(text, "ioemu"))
        return xl_item_wrong(item, "type", "\"%s\" is neither vif nor ioemu", SHOW(text));
    return xl_item_note(item, "type", "\"ioemu\" has no counterpart (nothing is emulated)");
}

static int lost(struct xl_item *item, const char *key, const char *why)
{
    return xl_item_note(item, key, "has no counterpart%s", why);
}

static int put(struct xl_item *item, const char *key, char *text)
{
    static const char emulated[] = " (nothing is emulated)";
    unsigned int ours = config_item_key(LIST_VIFS, key);

    if (!strcmp(key, "ip"))
        return set_ip(item, text);
    if (!strcmp(key, "rate"))
        return set_rate(item, text);
    if (ours != VIF_KEYS && ours != VIF_GATEWAY)
        return xl_item_set(item, ours, text);
    if (!strcmp(key, "script"))
        return set_script(item, text);
    if (!strcmp(key, "backend"))
        return set_backend(item, text);
    if (!strcmp(key, "devid"))
        return set_devid(item, text);
    if (!strcmp(key, "type"))
        return set_type(item, text);
    if (!strcmp(key, "model"))
        return lost(item, key, emulated);
    if (!strcmp(key, "vifname") || !strcmp(key, "gatewaydev") || !strcmp(key, "netdev"))
        return lost(item, key, "");
    return xl_item_wrong(item, SHOW(key),
                         "unknown key (there are mac, bridge, ip, rate, mtu, "
                         "script, type, model, vifname, gatewaydev, backend and "
                         "devid)");
}

static int put_flag(struct xl_item *item, const char *flag)
{
    if (!strcmp(flag, "trusted"))
        return 0;
    if (!strcmp(flag, "untrusted"))
        return lost(item, flag, " (the guest trusts Dom0)");
    return xl_item_wrong(item, SHOW(flag), "has no value (write KEY=VALUE)");
}

static int read_vif(struct xl_item *item, char *text)
{
    bool bridged = false;
    int rc = xl_item_begin(item);

    while (!rc && *text) {
        char *token = xl_item_token(&text), *equals = strchr(token, '=');

        if (!*token)
            continue;
        if (!equals) {
            rc = put_flag(item, token);
            continue;
        }
        *equals = '\0';
        bridged |= !strcmp(token, "bridge");
        rc = put(item, token, equals + 1);
    }
    if (!rc && !bridged)
        rc = xl_item_set(item, VIF_BRIDGE, XL_BRIDGE);
    return rc;
}

int xl_vifs(struct xl_reader *x, const struct xl_pair *pair)
{
    return xl_items(x, pair, LIST_VIFS, read_vif);
}
