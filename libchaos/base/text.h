/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside: made fit for a message, checked, counted, guessed at. */
#ifndef CHAOS_TEXT_H
#define CHAOS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SHOWN 64                   /* bytes of a value that a message quotes */
#define TEXT_BUF   (4 * TEXT_SHOWN + 4) /* each may become \xNN; "..." and the NUL */

/* `text` fit for one line of a message: control characters and whatever is not UTF-8 as \xNN, cut
 * with "..." where it is long. Returns buf. */
const char *text_show(const char *text, char buf[TEXT_BUF]);
#define SHOW(text) text_show(text, (char[TEXT_BUF]){0})

/* Decodes the UTF-8 character at `s`; returns its bytes, 0 where it is none (the NUL included). */
size_t text_decode(const char *s, uint32_t *out);

/* What keeps `text` from standing in a path or a command line; NULL where nothing does. */
const char *text_fault(const char *text);

/* Reads decimal digits at *p and moves it behind them; a number too big gives UINT64_MAX. False
 * where there are none, or a leading zero (which some readers of YAML take for octal). */
bool text_number(const char **p, uint64_t *out);

/* The word of `known` that `word` may have been meant to be; NULL where none is near. */
const char *text_guess(const char *word, const char *const *known, size_t count);

#endif
