/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is typed, or piped, into a VM's console. The escape byte is looked for on a terminal only:
 * a pipe's bytes are all for the VM.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/attach.h"

static struct termios saved;
static bool raw;

void terminal_restore(void)
{
    if (raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    raw = false;
}

void terminal_raw(void)
{
    struct termios now;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0)
        return;
    now = saved;
    cfmakeraw(&now);
    raw = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

bool terminal_is_raw(void)
{
    return raw;
}

bool escape_parse(const char *text, int *escape)
{
    if (strcmp(text, "none") == 0)
        *escape = ESCAPE_NONE;
    else if (text[0] == '^' && text[1] >= '?' && text[1] < 0x7f && !text[2])
        *escape = text[1] == '?' ? 0x7f : toupper(text[1]) & 0x1f;
    else if (text[0] && !text[1])
        *escape = (unsigned char)text[0];
    else
        return false;
    return true;
}

const char *escape_name(int escape, char buf[ESCAPE_NAME])
{
    if (escape < 0x20 || escape == 0x7f)
        snprintf(buf, ESCAPE_NAME, "Ctrl-%c", escape ^ 0x40);
    else
        snprintf(buf, ESCAPE_NAME, "%c", escape);
    return buf;
}

bool input_open(struct session *s)
{
    s->terminal = isatty(STDIN_FILENO);
    s->room = s->terminal ? INPUT_ROOM_TERMINAL : INPUT_ROOM;
    s->input = malloc(s->room);
    s->stdin_open = true;
    if (!s->terminal)
        s->escape = ESCAPE_NONE;
    return s->input;
}

bool input_wanted(const struct session *s)
{
    return s->stdin_open && (s->terminal || s->pending < s->room);
}

void push_input(struct session *s)
{
    while (s->pending && s->con) {
        int n = chaos_console_write(s->con, s->input + s->start, s->pending);

        if (n == 0)
            return;
        if (n < 0) /* a broken ring takes no input any more */
            n = s->pending;
        s->start += n;
        s->pending -= n;
        if (s->leaving)
            s->deadline_ms = now_ms() + LEAVE_MS;
    }
    s->start = 0;
}

static void leave(struct session *s)
{
    s->leaving = true;
    s->deadline_ms = now_ms() + LEAVE_MS;
}

/* Takes the escapes out of `len` bytes at `text`: one alone means to leave, two in a row are one
 * for the VM, and one more while leaving means to wait no longer. Returns how many bytes are left;
 * what stands behind an escape alone is dropped. */
static size_t look_for_escape(struct session *s, char *text, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        bool is_escape = (unsigned char)text[i] == s->escape;

        if (s->leaving && is_escape)
            s->hurry = true;
        if (s->leaving)
            continue;
        if (s->escaped && !is_escape) {
            leave(s);
        } else if (is_escape && !s->escaped) {
            s->escaped = true;
            s->deadline_ms = now_ms() + ESCAPE_MS;
        } else {
            s->escaped = false;
            s->deadline_ms = 0;
            text[kept++] = text[i];
        }
    }
    return kept;
}

/* Reads into the room behind what is pending. Where there is none it reads all the same, to find
 * an escape, and drops the rest. */
static ssize_t read_input(struct session *s)
{
    char dropped[256], *at;
    ssize_t n;

    if (s->start) {
        memmove(s->input, s->input + s->start, s->pending);
        s->start = 0;
    }
    at = s->pending < s->room ? s->input + s->pending : dropped;
    n = read(STDIN_FILENO, at, at == dropped ? sizeof(dropped) : s->room - s->pending);
    if (n <= 0)
        return n;
    if (s->escape != ESCAPE_NONE)
        n = look_for_escape(s, at, n);
    if (at == dropped && n && !s->told_full) {
        report("the VM takes no input; what is typed now is lost\r");
        s->told_full = true;
    } else if (at != dropped && !(s->flags & CHAOS_CONSOLE_READ_ONLY)) {
        s->pending += n;
    }
    return 1;
}

void take_input(struct session *s)
{
    ssize_t n = read_input(s);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        s->stdin_open = false; /* no more to type; the VM's output goes on */
    push_input(s);
}

int input_timeout_ms(const struct session *s)
{
    int64_t left = s->deadline_ms - now_ms();

    return s->hurry ? 0 : !s->deadline_ms ? -1 : left < 0 ? 0 : (int)left;
}

int input_timeout(struct session *s)
{
    if (!s->hurry && (!s->deadline_ms || now_ms() < s->deadline_ms))
        return GO_ON;
    if (!s->leaving) {
        leave(s); /* no second escape came */
        return GO_ON;
    }
    report("the VM did not take the last %zu bytes that were typed\r", s->pending);
    return CHAOS_OK;
}
