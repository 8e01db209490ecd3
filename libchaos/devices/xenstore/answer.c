/* SPDX-License-Identifier: BSD-3-Clause */
/* What xenstored answers. It is trusted to be xenstored, but not to be whole: a message that is not
 * the answer to the next request ends the connection. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "base/util.h"
#include "devices/xenstore/store.h"

/* A directory with all domids in it is the longest answer of oxenstored, which sends it in one
 * piece. */
#define ANSWER_MAX (256 * 1024)

long store_message(const char *data, size_t len)
{
    struct xsd_sockmsg head;

    if (len < sizeof(head))
        return 0;
    memcpy(&head, data, sizeof(head));
    if (head.len > ANSWER_MAX)
        return -EPROTO;
    return len - sizeof(head) < head.len ? 0 : (long)(sizeof(head) + head.len);
}

/* The errno that an error's name stands for; what is not known is -EIO. */
static int error_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++) {
        if (len == strlen(xsd_errors[i].errstring) + 1 &&
            memcmp(name, xsd_errors[i].errstring, len) == 0)
            return -xsd_errors[i].errnum;
    }
    if (len == sizeof("EQUOTA") && memcmp(name, "EQUOTA", len) == 0) /* oxenstored's own */
        return -EDQUOT;
    return -EIO;
}

static int keep(struct store_batch *batch, struct store_request *req, const char *value, size_t len)
{
    size_t room = batch->in_room;

    while (room - batch->in_len < len + 1)
        room = room * 2 + 1024;
    if (room != batch->in_room) {
        char *in = realloc(batch->in, room);

        if (!in)
            return -ENOMEM;
        batch->in = in;
        batch->in_room = room;
    }
    memcpy(batch->in + batch->in_len, value, len);
    batch->in[batch->in_len + len] = '\0';
    req->value = batch->in_len;
    req->len = len;
    batch->in_len += len + 1;
    return 0;
}

int store_answer(struct store_batch *batch, const char *message, unsigned int *next)
{
    const char *value = message + sizeof(struct xsd_sockmsg);
    struct store_request *req;
    struct xsd_sockmsg head;
    int rc = 0;

    memcpy(&head, message, sizeof(head));
    if (head.type == XS_WATCH_EVENT)
        return 0;
    if (*next >= batch->nr || head.req_id != *next)
        return -EPROTO;
    req = &batch->reqs[*next];
    if (head.type != XS_ERROR && head.type != req->type)
        return -EPROTO;
    if (head.type == XS_ERROR)
        req->rc = error_of(value, head.len);
    else if (store_type_reads(req->type))
        rc = keep(batch, req, value, head.len);
    if (rc == 0 && head.type != XS_ERROR)
        req->rc = 0;
    *next += rc == 0;
    return rc;
}
