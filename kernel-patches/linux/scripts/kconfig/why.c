// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why options of a .config are what they are: `make whyconfig`, with the names of options that
 * somebody wants, NAME=VALUE a line, in the file that WHY_WANTED names. Lines of fields with tabs
 * between them:
 *
 *   on	NAME	VALUE	select	NAME...	    because these options select it
 *   on	NAME	VALUE	prompt	WORDS	    because the .config says so
 *   on	NAME	VALUE	choice	WORDS	    for one of several it must be
 *   on	NAME	VALUE	default	EXPRESSION  nobody is asked
 *   unmet	NAME	WANTED	VALUE	REASON
 *
 * Copyright (c) 2026, the chaos authors
 */
#include <stdlib.h>
#include <string.h>

#include "lkc.h"

static const char *value_of(struct symbol *sym)
{
	sym_calc_value(sym);
	return sym_get_string_value(sym);
}

static bool on(struct symbol *sym)
{
	const char *value = value_of(sym);

	return (sym->flags & SYMBOL_WRITE) && sym->type != S_UNKNOWN && *value && strcmp(value, "n");
}

static void print_expr(const char *before, struct expr *expr)
{
	struct gstr text = str_new();

	expr_gstr_print(expr, &text);
	printf("%s%s", before, str_get(&text));
	str_free(&text);
}

/* Returns the option on the left of one term of a symbol's reverse dependency. */
static struct symbol *selector(struct expr *expr)
{
	while (expr->type == E_AND)
		expr = expr->left.expr;
	return expr->type == E_SYMBOL ? expr->left.sym : NULL;
}

static void print_selectors(struct expr *expr)
{
	struct symbol *sym;

	if (expr->type == E_OR) {
		print_selectors(expr->left.expr);
		print_selectors(expr->right.expr);
	} else if (expr_calc_value(expr) != no) {
		sym = selector(expr);
		if (sym && sym->name)
			printf(" %s", sym->name);
	}
}

static void print_reason(struct symbol *sym)
{
	struct property *prop;

	if (sym->rev_dep.expr && sym->rev_dep.tri != no) {
		printf("select\t");
		print_selectors(sym->rev_dep.expr);
	} else if (sym->visible != no) {
		printf(sym_is_choice_value(sym) ? "choice\t" : "prompt\t");
		for_all_prompts(sym, prop) {
			printf("%s", prop->text);
			break;
		}
	} else {
		printf("default\t");
		for_all_defaults(sym, prop) {
			if (prop->visible.expr && expr_calc_value(prop->visible.expr) == no)
				continue;
			if (prop->visible.expr && !expr_is_yes(prop->visible.expr))
				print_expr("", prop->visible.expr);
			break;
		}
	}
}

/* The parts of `expr`, joined by AND, that do not hold. */
static unsigned int print_failing(struct expr *expr, unsigned int nr)
{
	if (expr->type == E_AND) {
		nr = print_failing(expr->left.expr, nr);
		return print_failing(expr->right.expr, nr);
	}
	if (expr_calc_value(expr) == yes)
		return nr;
	print_expr(nr ? " and " : "needs ", expr);
	return nr + 1;
}

static void print_obstacle(struct symbol *sym, const char *wanted)
{
	struct property *prop, *prompt = NULL;

	if (!sym || sym->type == S_UNKNOWN) {
		printf("this version of Linux has no such option");
		return;
	}
	for_all_prompts(sym, prop)
		prompt = prop;
	if (sym->rev_dep.expr && sym->rev_dep.tri != no && !strcmp(wanted, "n")) {
		printf("selected by");
		print_selectors(sym->rev_dep.expr);
	} else if (!prompt) {
		printf("not for anybody to choose: other options select it, or a default decides");
		if (sym->dir_dep.expr && sym->dir_dep.tri == no) {
			printf("; ");
			print_failing(sym->dir_dep.expr, 0);
		}
	} else if (sym->visible == no) {
		if (!prompt->visible.expr || !print_failing(prompt->visible.expr, 0))
			printf("cannot be chosen here");
	} else if (sym_is_choice_value(sym)) {
		struct symbol *chosen = sym_get_choice_value(prop_get_symbol(sym_get_choice_prop(sym)));

		printf("one of several, of which %s is chosen", chosen ? chosen->name : "none");
	} else {
		prop = sym_get_range_prop(sym);
		if (prop)
			print_expr("it must lie in ", prop->expr);
		else
			printf("it cannot be that");
	}
}

/* The value as .config shows it: n if it is off, strings in quotes. */
static bool as_wanted(struct symbol *sym, const char *wanted)
{
	const char *value = sym ? value_of(sym) : "";
	size_t len = strlen(wanted);

	if (!sym || sym->type == S_UNKNOWN)
		return false;
	if (!strcmp(wanted, "n"))
		return !on(sym);
	if (!(sym->flags & SYMBOL_WRITE))
		return false;
	if (sym->type == S_STRING)
		return len >= 2 && strlen(value) == len - 2 && !strncmp(value, wanted + 1, len - 2);
	if (sym->type == S_INT || sym->type == S_HEX)
		return strtoull(value, NULL, 0) == strtoull(wanted, NULL, 0);
	return !strcmp(value, wanted);
}

static void check(char *line)
{
	char *wanted = strchr(line, '=');
	struct symbol *sym;

	if (!wanted)
		return;
	*wanted++ = '\0';
	wanted[strcspn(wanted, "\n")] = '\0';
	sym = sym_find(line);
	if (as_wanted(sym, wanted))
		return;
	printf("unmet\t%s\t%s\t%s\t", line, wanted, sym && on(sym) ? value_of(sym) : "n");
	print_obstacle(sym, wanted);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *name = getenv("WHY_WANTED");
	FILE *file = name ? fopen(name, "r") : NULL;
	struct symbol *sym;
	char line[4096];
	int i;

	if (argc < 2 || (name && !file)) {
		perror(argc < 2 ? "Kconfig" : name);
		return 1;
	}
	conf_set_message_callback(NULL);
	conf_parse(argv[argc - 1]);
	conf_read(NULL);
	for_all_symbols(i, sym) {
		if (!sym->name || !on(sym))
			continue;
		printf("on\t%s\t%s\t", sym->name, value_of(sym));
		print_reason(sym);
		putchar('\n');
	}
	while (file && fgets(line, sizeof(line), file))
		check(line);
	return 0;
}
