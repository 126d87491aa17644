/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/json.h"

#include "netpref/netpref.h"

#include <stdio.h>

json_t *json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

json_t *json_known(guint value)
{
    return value != 0 ? json_integer(value) : json_null();
}

json_t *json_findings(const GPtrArray *findings)
{
    static const char *const levels[] = {
        [NETPREF_NOTE] = "note", [NETPREF_WARNING] = "warning", [NETPREF_ERROR] = "error"};
    json_t *list = json_array();

    for (guint i = 0; i < findings->len; i++) {
        const NetprefFinding *finding = findings->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "level", json_string(levels[finding->level]));
        json_object_set_new(one, "kind", json_text(finding->kind));
        json_object_set_new(one, "text", json_text(finding->text));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *json_texts(const GPtrArray *texts)
{
    json_t *list = json_array();

    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(list, json_text(texts->pdata[i]));
    return list;
}

void json_answer(json_t *answer)
{
    json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
}
