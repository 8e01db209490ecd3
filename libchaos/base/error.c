/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

chaos_error *chaos_error_new(void)
{
    return calloc(1, sizeof(chaos_error));
}

void chaos_error_free(chaos_error *err)
{
    free(err);
}

enum chaos_status chaos_error_status(const chaos_error *err)
{
    return err->status;
}

int chaos_error_errno(const chaos_error *err)
{
    return err->errnum;
}

const char *chaos_error_message(const chaos_error *err)
{
    return err->text;
}

/* A message is one line, although names of files may contain anything. */
static void flatten(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

static void record(chaos_error *err, enum chaos_status status, int errnum, const char *fmt,
                   va_list ap)
{
    err->status = status;
    err->errnum = errnum;
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    flatten(err->text);
}

int error_set(chaos_error *err, enum chaos_status status, int errnum, const char *fmt, ...)
{
    if (err) {
        va_list ap;

        va_start(ap, fmt);
        record(err, status, errnum, fmt, ap);
        va_end(ap);
    }
    return errnum ? -errnum : -EINVAL;
}

int error_errno(chaos_error *err, enum chaos_status status, int errnum, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        size_t len;

        va_start(ap, fmt);
        record(err, status, errnum, fmt, ap);
        va_end(ap);
        len = strlen(err->text);
        snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(errnum));
    }
    return errnum ? -errnum : -EINVAL;
}

int error_oom(chaos_error *err)
{
    return error_set(err, CHAOS_E_NO_MEMORY, ENOMEM, "this process is out of memory");
}

int error_copy(chaos_error *err, int rc, const chaos_error *from)
{
    if (err)
        *err = *from;
    return rc;
}

int error_prefix(chaos_error *err, int rc, const char *fmt, ...)
{
    if (err) {
        char head[sizeof(err->text)];
        size_t room = sizeof(err->text) - 1, len, tail;
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(head, sizeof(head), fmt, ap);
        va_end(ap);
        flatten(head);
        len = strlen(head);
        if (len + 2 > room)
            return rc;
        tail = strnlen(err->text, room - len - 2);
        memmove(err->text + len + 2, err->text, tail);
        memcpy(err->text, head, len);
        memcpy(err->text + len, ": ", 2);
        err->text[len + 2 + tail] = '\0';
    }
    return rc;
}
