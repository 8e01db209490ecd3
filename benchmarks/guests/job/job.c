/* SPDX-License-Identifier: BSD-3-Clause */
/* One job, "digits=N job=NUMBER" on the command line: prints its result and powers off. */
#include "e.h"
#include "guest.h"

void guest_main(void)
{
    const char *digits = guest_option("digits"), *number = guest_option("job");
    unsigned int count = digits ? (unsigned int)guest_number(digits, NULL) : 0;

    guest_stop_periodic_timer();
    if (count < 10 || count > E_DIGITS_MAX)
        count = 10;
    console_printf("job %lu: %010lu\n", number ? guest_number(number, NULL) : 0, e_last_ten(count));
}
