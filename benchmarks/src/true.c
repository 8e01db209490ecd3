/* SPDX-License-Identifier: BSD-3-Clause */
/* The unit: the smallest process there is. */
int main(void)
{
    return 0;
}
