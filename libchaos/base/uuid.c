/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

static const uint8_t marker[4] = {'c', 'h', 'a', 'o'};

enum { FLAGS = 4 }; /* the byte after the marker */

int uuid_make(uint8_t uuid[16], unsigned int flags)
{
    if (getrandom(uuid, 16, 0) != 16)
        return -errno;
    memcpy(uuid, marker, sizeof(marker));
    uuid[FLAGS] = flags;
    uuid[6] = 0x80 | (uuid[6] & 0x0f);
    uuid[8] = 0x80 | (uuid[8] & 0x3f);
    return 0;
}

bool uuid_ours(const uint8_t uuid[16])
{
    return memcmp(uuid, marker, sizeof(marker)) == 0 && (uuid[6] & 0xf0) == 0x80 &&
           (uuid[8] & 0xc0) == 0x80;
}

bool uuid_by_chaosd(const uint8_t uuid[16])
{
    return uuid_ours(uuid) && uuid[FLAGS] & UUID_CHAOSD;
}

bool uuid_over_xenstore(const uint8_t uuid[16])
{
    return uuid_ours(uuid) && uuid[FLAGS] & UUID_XENSTORE;
}

static bool dash_before(unsigned int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_format(const uint8_t uuid[16], char text[CHAOS_UUID_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned int i = 0; i < 16; i++) {
        if (dash_before(i))
            *text++ = '-';
        *text++ = digits[uuid[i] >> 4];
        *text++ = digits[uuid[i] & 15];
    }
    *text = '\0';
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(const char *text, uint8_t uuid[16])
{
    for (unsigned int i = 0; i < 16; i++) {
        int high, low;

        if (dash_before(i) && *text++ != '-')
            return false;
        high = digit(text[0]);
        low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return false;
        uuid[i] = high << 4 | low;
        text += 2;
    }
    return *text == '\0';
}
