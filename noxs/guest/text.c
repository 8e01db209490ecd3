/* SPDX-License-Identifier: BSD-3-Clause */
/* Formatting and reading numbers. */
#include "guest.h"

struct output {
    char *at;
    size_t size;
    size_t length; /* as if size had no limit */
};

struct field {
    bool left;
    bool zero;
    unsigned int width;
    unsigned int longs;
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->at[out->length] = c;
    out->length++;
}

static void put_field(struct output *out, const struct field *field, const char *text, size_t n)
{
    size_t pad = field->width > n ? field->width - n : 0;

    for (size_t i = 0; i < pad && !field->left; i++)
        put(out, field->zero ? '0' : ' ');
    for (size_t i = 0; i < n; i++)
        put(out, text[i]);
    for (size_t i = 0; i < pad && field->left; i++)
        put(out, ' ');
}

static void put_number(struct output *out, const struct field *field, uint64_t value,
                       unsigned int base, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[--at] = '-';
    put_field(out, field, digits + at, sizeof(digits) - at);
}

static const char *parse_field(const char *p, struct field *field)
{
    for (;; p++) {
        if (*p == '-')
            field->left = true;
        else if (*p == '0')
            field->zero = true;
        else
            break;
    }
    while (*p >= '0' && *p <= '9')
        field->width = field->width * 10 + (unsigned int)(*p++ - '0');
    for (; *p == 'l' || *p == 'z'; p++)
        field->longs++;
    return p;
}

int guest_vsnprintf(char *text, size_t size, const char *format, va_list args)
{
    struct output out = {.at = text, .size = size};

    for (const char *p = format; *p; p++) {
        struct field field = {0};
        const char *s;
        char c;
        int64_t n;

        if (*p != '%') {
            put(&out, *p);
            continue;
        }
        p = parse_field(p + 1, &field);
        switch (*p) {
        case 'd':
            n = field.longs ? va_arg(args, long) : va_arg(args, int);
            put_number(&out, &field, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, n < 0);
            break;
        case 'u':
        case 'x':
            put_number(&out, &field,
                       field.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
                       *p == 'u' ? 10 : 16, false);
            break;
        case 'p':
            put_number(&out, &field, va_arg(args, uintptr_t), 16, false);
            break;
        case 's':
            s = va_arg(args, const char *);
            put_field(&out, &field, s, strlen(s));
            break;
        case 'c':
            c = (char)va_arg(args, int);
            put_field(&out, &field, &c, 1);
            break;
        case '\0':
            p--;
            break;
        default:
            put(&out, *p);
        }
    }
    if (size)
        text[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

int guest_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = guest_vsnprintf(out, size, format, args);
    va_end(args);
    return n;
}

uint64_t guest_number(const char *text, const char **end)
{
    uint64_t n = 0;

    while (*text >= '0' && *text <= '9')
        n = n * 10 + (uint64_t)(*text++ - '0');
    if (end)
        *end = text;
    return n;
}
