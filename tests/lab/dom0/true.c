/* SPDX-License-Identifier: BSD-3-Clause */
/* The process that performance figures are compared with: one that does nothing. */
int main(void)
{
    return 0;
}
