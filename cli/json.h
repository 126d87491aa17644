/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every JSON answer is made of. Keys are snake_case and carry their units. */
#ifndef WHERRY_CLI_JSON_H
#define WHERRY_CLI_JSON_H

#include <glib.h>
#include <jansson.h>

/* A string that is valid whatever TEXT holds; null for NULL. */
json_t *json_text(const char *text);
/* A number, or null for 0: not known. */
json_t *json_known(guint value);
/* Of NetprefFinding. */
json_t *json_findings(const GPtrArray *findings);
/* Of char *. */
json_t *json_texts(const GPtrArray *texts);

/* Prints ANSWER with a line break, and frees it. */
void json_answer(json_t *answer);

#endif
