/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void settle(void)
{
    struct timespec ts = {.tv_nsec = 2000000};

    nanosleep(&ts, NULL);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

uint64_t median(uint64_t *values, size_t count)
{
    if (!count)
        return 0;
    qsort(values, count, sizeof(*values), by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void die(const char *what, const chaos_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
            err ? chaos_error_message(err) : "failed");
    exit(1);
}

uint64_t run_process(const char *path, char *const argv[])
{
    uint64_t start = now_ns();
    pid_t pid = fork();
    int status;

    if (pid < 0)
        die("fork", NULL);
    if (pid == 0) {
        execv(path, argv);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) < 0)
        die("waitpid", NULL);
    start = now_ns() - start;
    if (status != 0)
        die(path, NULL);
    return start;
}

static void take_step(void *opaque, const char *step, uint64_t ns)
{
    struct sample *sample = opaque;

    if (sample->nr_steps < MAX_STEPS) {
        sample->steps[sample->nr_steps].name = step;
        sample->steps[sample->nr_steps].ns = ns;
        sample->nr_steps++;
    }
}

void sample_listen(chaos_host *host, struct sample *into)
{
    memset(into, 0, sizeof(*into));
    chaos_host_on_step(host, take_step, into);
}

static uint64_t step_median(const struct sample *samples, size_t count, size_t step)
{
    uint64_t *values = calloc(count, sizeof(*values)), result;

    for (size_t i = 0; i < count; i++)
        values[i] = samples[i].steps[step].ns;
    result = median(values, count);
    free(values);
    return result;
}

json_t *steps_json(const struct sample *samples, size_t count)
{
    json_t *steps = json_object();

    for (size_t i = 0; count && i < samples[0].nr_steps; i++)
        json_object_set_new(steps, samples[0].steps[i].name,
                            json_integer(step_median(samples, count, i)));
    return steps;
}

json_t *result_row(const char *tool, const char *what, const char *mode, const char *op,
                   size_t running, const struct sample *samples, size_t count, uint64_t unit)
{
    uint64_t *values = calloc(count, sizeof(*values)), ns;

    for (size_t i = 0; i < count; i++)
        values[i] = samples[i].ns;
    ns = median(values, count);
    free(values);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:I, s:o}", "tool", tool, "case", what,
                     "mode", mode, "op", op, "running", (json_int_t)running, "ns", (json_int_t)ns,
                     "ratio", (double)ns / (double)unit, "samples", (json_int_t)count, "steps",
                     steps_json(samples, count));
}
