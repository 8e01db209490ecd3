/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * e is 2.111... in the number system whose place i is worth 1/i!. Multiplied by a power of ten,
 * what is carried over the point are the next decimal digits.
 */
#include "e.h"

#define GROUP     1000000000ULL /* nine digits at a time */
#define MAX_TERMS 4096          /* 4096! has more digits than asked for */

static uint32_t place[MAX_TERMS];

/* So many that what is left out is smaller than the last digit. */
static unsigned int terms_for(unsigned int digits)
{
    unsigned int bits = 0, needed = (digits + 20) * 10 / 3, n = 2;

    for (; bits < needed && n < MAX_TERMS - 1; n++)
        bits += 31 - (unsigned int)__builtin_clz(n);
    return n;
}

static uint64_t next_group(unsigned int terms)
{
    uint64_t carry = 0;

    for (unsigned int i = terms; i >= 2; i--) {
        uint64_t value = place[i] * GROUP + carry;

        place[i] = (uint32_t)(value % i);
        carry = value / i;
    }
    return carry;
}

uint64_t e_last_ten(unsigned int digits)
{
    unsigned int terms = terms_for(digits), known = 0;
    uint64_t before = 0, last = 0, divisor = 1;

    for (unsigned int i = 2; i <= terms; i++)
        place[i] = 1;
    for (; known < digits; known += 9) {
        before = last;
        last = next_group(terms);
    }
    for (; known > digits; known--)
        divisor *= 10;
    return (before * GROUP + last) / divisor % 10000000000ULL;
}
