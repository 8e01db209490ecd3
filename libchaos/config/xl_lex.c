/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of a file in xl's format. */
#include "config/xl.h"

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

static const char name_first[] = "abcdefghijklmnopqrstuvwxyz";
static const char name_more[] = "abcdefghijklmnopqrstuvwxyz0123456789._";
static const char number_first[] = "0123456789";
static const char number_more[] = "0123456789abcdefx";

int xl_lex_blame(const struct xl_lexer *lex, struct config_where where, int rc)
{
    if (rc == -ENOMEM)
        return rc;
    return error_prefix(lex->err, rc, "%s:%u:%u", lex->label, where.line, where.column);
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Columns count characters, not bytes. */
static void step(struct xl_lexer *lex)
{
    char c = *lex->p++;

    if (c == '\n') {
        lex->at.line++;
        lex->at.column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) {
        lex->at.column++;
    }
}

/* Blanks and comments. */
static void skip(struct xl_lexer *lex)
{
    while (lex->p < lex->end && (*lex->p == ' ' || *lex->p == '\t'))
        step(lex);
    if (lex->p < lex->end && *lex->p == '#') {
        while (lex->p < lex->end && *lex->p != '\n')
            step(lex);
    }
}

static int take_word(struct xl_lexer *lex, enum xl_token_kind kind, const char *set)
{
    const char *start = lex->p;

    while (lex->p < lex->end && is_one_of(*lex->p, set))
        step(lex);
    lex->kind = kind;
    lex->text = strndup(start, (size_t)(lex->p - start));
    return lex->text ? 0 : error_oom(lex->err);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

/* What stands behind a backslash. xl reads \NNN in base 10, though it says that it is octal. */
static int take_escape(struct xl_lexer *lex, char *out)
{
    static const char letters[] = "\"'\\abfnrtv", meanings[] = "\"'\\\a\b\f\n\r\t\v";
    struct config_where where = lex->at;
    const char *at;
    int high, low;

    step(lex);
    if (lex->p == lex->end)
        return xl_lex_wrong(lex, lex->where, "the text has no end (write \" behind it)");
    at = *lex->p ? strchr(letters, *lex->p) : NULL;
    if (at) {
        *out = meanings[at - letters];
        return 0;
    }
    if (*lex->p == 'x' && lex->end - lex->p > 2) {
        high = hex_digit(lex->p[1]);
        low = hex_digit(lex->p[2]);
        if (high >= 0 && low >= 0 && high + low > 0) {
            *out = (char)(high << 4 | low);
            step(lex);
            step(lex);
            return 0;
        }
    }
    return xl_lex_wrong(lex, where,
                        "a backslash before neither a quote nor one of \\abfnrtv nor "
                        "xHH (write \\\\ for the backslash itself)");
}

static int take_string(struct xl_lexer *lex)
{
    char quote = *lex->p, *to;

    lex->kind = XL_T_STRING;
    /* Its end is at most at the end of the line, and no escape is shorter than what it means. */
    to = memchr(lex->p, '\n', (size_t)(lex->end - lex->p));
    lex->text = to = malloc((size_t)((to ? to : lex->end) - lex->p) + 1);
    if (!to)
        return error_oom(lex->err);
    for (step(lex); lex->p < lex->end && *lex->p != quote && *lex->p != '\n'; step(lex)) {
        *to = *lex->p;
        if (!*to)
            return xl_lex_wrong(lex, lex->at, "a NUL byte (write UTF-8 text)");
        if (*to == '\\') {
            int rc = take_escape(lex, to);

            if (rc < 0)
                return rc;
        }
        to++;
    }
    if (lex->p == lex->end || *lex->p != quote)
        return xl_lex_wrong(lex, lex->where, "the text has no end in its line (write %c behind it)",
                            quote);
    step(lex);
    *to = '\0';
    return 0;
}

static int refuse_byte(struct xl_lexer *lex)
{
    size_t len = strcspn(lex->p, " \t\r\n,;[]#="); /* a NUL is behind the file's end */
    char word[TEXT_SHOWN + 2] = "";

    if (*lex->p == '\r')
        return xl_lex_wrong(lex, lex->where,
                            "a carriage return (save the file with line ends of "
                            "Unix)");
    if (!len)
        return xl_lex_wrong(lex, lex->where,
                            *lex->p ? "the line goes on behind its value"
                                    : "a NUL byte (write UTF-8 text)");
    memcpy(word, lex->p, len < sizeof(word) - 1 ? len : sizeof(word) - 1);
    return xl_lex_wrong(lex, lex->where,
                        "\"%s\" is neither a key nor a value (write text in quotes; these files "
                        "are no Python)",
                        SHOW(word));
}

static int take_sign(struct xl_lexer *lex)
{
    static const char signs[] = "=[],;\n";
    static const enum xl_token_kind kinds[] = {XL_T_ASSIGN, XL_T_OPEN,      XL_T_CLOSE,
                                               XL_T_COMMA,  XL_T_SEMICOLON, XL_T_NEWLINE};
    const char *at = *lex->p ? strchr(signs, *lex->p) : NULL;

    if (*lex->p == '+' && lex->end - lex->p > 1 && lex->p[1] == '=') {
        step(lex);
        lex->kind = XL_T_APPEND;
    } else if (at) {
        lex->kind = kinds[at - signs];
    } else {
        return refuse_byte(lex);
    }
    step(lex);
    return 0;
}

int xl_lex_next(struct xl_lexer *lex)
{
    free(lex->text);
    lex->text = NULL;
    skip(lex);
    lex->where = lex->at;
    if (lex->p == lex->end) {
        lex->kind = XL_T_END;
        return 0;
    }
    if (is_one_of(*lex->p, name_first))
        return take_word(lex, XL_T_NAME, name_more);
    if (is_one_of(*lex->p, number_first))
        return take_word(lex, XL_T_NUMBER, number_more);
    if (*lex->p == '"' || *lex->p == '\'')
        return take_string(lex);
    return take_sign(lex);
}

/* The creation of every VM comes by here, so it uses no constants, which would be on a page more.
 */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

bool config_is_xl(const char *text, size_t len)
{
    const char *p = text, *end = text + len;

    for (;;) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end || *p != '#')
            break;
        while (p < end && *p != '\n')
            p++;
    }
    if (p == end || *p < 'a' || *p > 'z')
        return false;
    while (p < end && is_name(*p))
        p++;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p < end && (*p == '=' || (*p == '+' && end - p > 1 && p[1] == '='));
}
