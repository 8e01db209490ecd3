/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a kernel: no crash, no leak, and what is accepted keeps every promise of image.h. */
#include "base/error.h"
#include "image/image.h"
#include "../unit/image_invariants.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that a builder would copy: the sanitizer sees one that is not there. */
static void read_segments(const struct image *img)
{
    for (unsigned int i = 0; i < img->nr_segments; i++) {
        const struct image_segment *s = &img->segments[i];

        for (uint64_t at = 0; at < s->filesz; at++)
            (void)*(const volatile uint8_t *)&img->data[s->offset + at];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chaos_error err = {0};
    struct image *img;
    const char *wrong = NULL;

    if (!image_parse("fuzz", data, size, &img, &err)) {
        wrong = image_broken(img);
        if (!wrong)
            read_segments(img);
    } else if (img || err.status != CHAOS_E_IMAGE || err.text[0] == '\0') {
        wrong = "a refusal without an image error";
    }
    if (wrong) {
        fprintf(stderr, "fuzz_image: %s\n", wrong);
        abort();
    }
    image_free(img);
    return 0;
}
