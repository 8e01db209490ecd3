/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside: quoting it in a message, checking it, reading numbers, guessing words. */
#ifndef CHAOS_TEXT_H
#define CHAOS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SHOWN 64                   /* bytes of a value that a message quotes */
#define TEXT_BUF   (4 * TEXT_SHOWN + 4) /* each may become \xNN; "..." and the NUL */

/* Makes `text` fit for one line of a message: control characters and bytes that are not UTF-8
 * become \xNN, and a long text ends in "...". Returns buf. */
const char *text_show(const char *text, char buf[TEXT_BUF]);
#define SHOW(text) text_show(text, (char[TEXT_BUF]){0})

/* Decodes the UTF-8 character at `s` and returns its length in bytes; 0 if there is no valid one
 * (or a NUL). */
size_t text_decode(const char *s, uint32_t *out);

/* Says why `text` cannot be a path or a command line, as in "holds a line break"; NULL if it can.
 */
const char *text_fault(const char *text);

/* Reads decimal digits at *p and moves *p behind them; too large a number gives UINT64_MAX. False
 * if there are no digits, or a leading zero (which some YAML readers take for octal). */
bool text_number(const char **p, uint64_t *out);

/* Finds the word in `known` that is nearest to `word`, which is misspelt; NULL if none is near. */
const char *text_guess(const char *word, const char *const *known, size_t count);

#endif
