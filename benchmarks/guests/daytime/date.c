/* SPDX-License-Identifier: BSD-3-Clause */
/* Seconds since 1970 as a line that people read. */
#include "daytime.h"

#define SECONDS_A_DAY  86400
#define DAYS_400_YEARS 146097
/* From 0000-03-01 to 1970-01-01: years that begin in March have their leap day last. */
#define DAYS_TO_1970 719468

static const char *const weekdays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

size_t date_text(char *text, size_t size, uint64_t seconds)
{
    uint64_t days = seconds / SECONDS_A_DAY;
    unsigned int second = seconds % SECONDS_A_DAY;
    uint64_t shifted = days + DAYS_TO_1970;
    uint64_t era = shifted / DAYS_400_YEARS;
    unsigned int day_of_era = shifted % DAYS_400_YEARS;
    unsigned int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned int day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned int march_month = (5 * day + 2) / 153;
    unsigned int month = march_month < 10 ? march_month + 2 : march_month - 10;
    uint64_t year = era * 400 + year_of_era + (month < 2);

    day = day - (153 * march_month + 2) / 5 + 1;
    return (size_t)guest_snprintf(text, size, "%s %s %02u %02u:%02u:%02u %lu\r\n",
                                  weekdays[days % 7], months[month], day, second / 3600,
                                  second / 60 % 60, second % 60, year);
}
