/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of verbs: which one runs with which options, what is an error, and what help says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/interrupt.h"
#include <chaos/error.h>

#include <signal.h>

static int loud, fast, arguments;
static char messages[256];
static bool take_messages;

static const struct option longs[] = {{"version", no_argument, NULL, 'V'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"loud", required_argument, NULL, 300},
                                      {NULL, 0, NULL, 0}};

static int common(int opt)
{
    assert_int_equal(opt, 300);
    loud++;
    return strcmp(optarg, "no") == 0 ? usage_error("--loud: \"%s\" is not loud", optarg) : GO_ON;
}

static bool message(const char *text)
{
    if (take_messages)
        snprintf(messages, sizeof(messages), "%s", text);
    return take_messages;
}

static int run_verb(int argc, char **argv)
{
    static const struct option own[] = {{"fast", no_argument, NULL, 'f'},
                                        {"help", no_argument, NULL, 'h'},
                                        {"loud", required_argument, NULL, 300},
                                        {NULL, 0, NULL, 0}};
    int opt, status;

    assert_string_equal(command_verb(), "run");
    assert_string_equal(argv[0], "run");
    while ((opt = verb_option(argc, argv, "hf", own, &status)) != -1) {
        assert_int_equal(opt, 'f');
        fast++;
    }
    arguments = argc - optind;
    return status == GO_ON ? 77 : status;
}

static int version_verb(int argc, char **argv)
{
    int status = verb_no_options(argc, argv);

    return status == GO_ON ? 78 + argc - optind : status;
}

static const struct verb verbs[] = {{"run", run_verb, "[-f] WORD...", "go", "  -f  fast\n"},
                                    {"version", version_verb, "", "tell", NULL},
                                    {"help", command_help, "[VERB]", "explain", NULL},
                                    {NULL, NULL, NULL, NULL, NULL}};

static const struct command command = {.name = "prog",
                                       .about = "for tests",
                                       .synopsis = "VERB",
                                       .closing = "The end.\n",
                                       .options = "  -h  help\n",
                                       .verbs = verbs,
                                       .shorts = "+Vh",
                                       .longs = longs,
                                       .option = common,
                                       .message = message};

static char *out, *err;

/* Runs the words of a command line; what it prints is in `out` and `err`. */
static int run(const char *line)
{
    FILE *real_out = stdout, *real_err = stderr;
    char text[128], *argv[16] = {"prog"}, *save;
    int argc = 1, status;
    size_t size;

    loud = fast = 0;
    arguments = -1;
    free(out);
    free(err);
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    stdout = open_memstream(&out, &size);
    stderr = open_memstream(&err, &size);
    optind = 0;
    status = command_main(&command, argc, argv);
    fclose(stdout);
    fclose(stderr);
    stdout = real_out;
    stderr = real_err;
    return status;
}

static void options_before_and_behind(void **state)
{
    assert_int_equal(run("run"), 77);
    assert_int_equal(run("--loud yes run a --loud yes -f b --fast"), 77);
    assert_int_equal(loud, 2);
    assert_int_equal(fast, 2);
    assert_int_equal(arguments, 2);
    assert_int_equal(run("run -- -f"), 77);
    assert_int_equal(fast, 0);
    assert_int_equal(run("-V run"), 78);
    assert_int_equal(run("--version"), 78);
    assert_int_equal(run("version"), 78);
    assert_int_equal(run("version a b"), 80);
}

static void wrong_command_lines(void **state)
{
    assert_int_equal(run(""), CHAOS_E_USAGE);
    assert_non_null(strstr(err, "  run       go\n"));
    assert_string_equal(out, "");
    assert_int_equal(run("frob"), CHAOS_E_USAGE);
    assert_string_equal(err, "prog: no such command: \"frob\"\nTry 'prog help'.\n");
    assert_int_equal(run("help frob"), CHAOS_E_USAGE);
    assert_string_equal(err, "prog: no such command: \"frob\"\nTry 'prog help'.\n");
    assert_int_equal(run("run --loud no"), CHAOS_E_USAGE);
    assert_string_equal(err, "prog run: --loud: \"no\" is not loud\nTry 'prog help run'.\n");
    assert_int_equal(arguments, 0);
    assert_int_equal(run("--loud no run"), CHAOS_E_USAGE);
    assert_int_equal(arguments, -1);
    assert_int_equal(run("run -V"), CHAOS_E_USAGE); /* ahead of the verb only */
    assert_int_equal(run("run --frob"), CHAOS_E_USAGE);
    assert_non_null(strstr(err, "Try 'prog help run'.\n"));
    assert_int_equal(run("-f run"), CHAOS_E_USAGE);
    assert_int_equal(run("version -f"), CHAOS_E_USAGE);
    take_messages = true;
    assert_int_equal(run("--loud no"), CHAOS_E_USAGE);
    take_messages = false;
    assert_string_equal(messages, "--loud: \"no\" is not loud");
    assert_string_equal(err, "");
}

static void help(void **state)
{
    static const char *const of_run[] = {"help run", "run -h", "run a --help", "run -h --loud no"};

    for (size_t i = 0; i < sizeof(of_run) / sizeof(of_run[0]); i++) {
        assert_int_equal(run(of_run[i]), CHAOS_OK);
        assert_string_equal(out, "Usage: prog run [-f] WORD...\nGo.\n\n  -f  fast\n  -h  help\n");
    }
    assert_int_equal(run("-h"), CHAOS_OK);
    assert_string_equal(out, "prog: for tests\n\nUsage: prog VERB\n\nCommands:\n  run       go\n"
                             "  version   tell\n  help      explain\n\nThe end.\n");
    assert_int_equal(run("help -h"), CHAOS_OK);
    assert_string_equal(out, "Usage: prog help [VERB]\nExplain.\n\n  -h  help\n");
}

static void interrupts(void **state)
{
    struct pollfd fd = {.fd = -1};

    catch_interrupts();
    assert_false(interrupted());
    assert_int_equal(interrupt_poll(&fd, 1, 0), 0);
    raise(SIGHUP);
    assert_true(interrupted());
    /* The signal came before the wait, which must not last. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(interrupt_poll(&fd, 1, -1), -1);
        assert_int_equal(errno, EINTR);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_before_and_behind),
        cmocka_unit_test(wrong_command_lines),
        cmocka_unit_test(help),
        cmocka_unit_test(interrupts),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(out);
    free(err);
    return failed;
}
