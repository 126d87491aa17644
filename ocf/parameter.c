/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

#include <string.h>

/* The words that ocf_is_true of resource-agents takes for true, and their opposites, in any case. */
static const char *const true_words[] = {"1", "yes", "true", "on", "y", "ja", NULL};
static const char *const false_words[] = {"0", "no", "false", "off", "n", "nein", NULL};

static gboolean word_is_in(const char *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (g_ascii_strcasecmp(word, *words) == 0)
            return TRUE;
    return FALSE;
}

gboolean ocf_parse_boolean(const char *text, gboolean *result)
{
    gboolean is_true = word_is_in(text, true_words);

    if (!is_true && !word_is_in(text, false_words))
        return FALSE;
    *result = is_true;
    return TRUE;
}

gboolean ocf_parse_integer(const char *text, gint64 min, gint64 max, gint64 *result)
{
    /* no sign, white space or other base: what ocf_is_decimal of resource-agents takes */
    if (strspn(text, "0123456789") != strlen(text))
        return FALSE;
    return g_ascii_string_to_signed(text, 10, min, max, result, NULL);
}

static gboolean parse_seconds(const char *text, gint64 min, gint64 max, gint64 *result)
{
    g_autofree char *number = g_strdup(text);
    size_t length = strlen(number);

    if (length > 1 && number[length - 1] == 's')
        number[length - 1] = '\0';
    return ocf_parse_integer(number, min, max, result);
}

static char *expectation(const OcfParameter *parameter)
{
    switch (parameter->type) {
    case OCF_TYPE_BOOLEAN:
        return g_strdup("true or false");
    case OCF_TYPE_INTEGER:
        return g_strdup_printf("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                               parameter->min, parameter->max);
    case OCF_TYPE_SECONDS:
        return g_strdup_printf("seconds from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, parameter->min,
                               parameter->max);
    case OCF_TYPE_STRING:
        break;
    }
    g_assert(parameter->words != NULL);
    g_autofree char *words = g_strjoinv(", ", (char **)parameter->words);
    return g_strdup_printf("one of %s", words);
}

static gboolean store(const OcfParameter *parameter, const char *text, void *values)
{
    void *place = (char *)values + parameter->offset;

    switch (parameter->type) {
    case OCF_TYPE_BOOLEAN:
        return ocf_parse_boolean(text, place);
    case OCF_TYPE_INTEGER:
        return ocf_parse_integer(text, parameter->min, parameter->max, place);
    case OCF_TYPE_SECONDS:
        return parse_seconds(text, parameter->min, parameter->max, place);
    case OCF_TYPE_STRING:
        break;
    }
    if (parameter->words != NULL && !g_strv_contains(parameter->words, text))
        return FALSE;
    g_free(*(char **)place);
    *(char **)place = g_strdup(text);
    return TRUE;
}

/* One of the table's own. */
static void store_text(const OcfParameter *parameter, const char *text, void *values)
{
    gboolean stored = store(parameter, text, values);

    g_assert(stored); /* a wrong table is a programming error; the unit tests walk every table */
}

static void store_default(const OcfParameter *parameter, void *values)
{
    if (parameter->default_text != NULL) {
        store_text(parameter, parameter->default_text, values);
    } else if (parameter->type == OCF_TYPE_STRING) {
        *(char **)((char *)values + parameter->offset) = g_strdup("");
    }
}

gboolean ocf_parameters_parse(const OcfParameter *table, char **environment, OcfParseMode mode, void *values,
                              GError **error)
{
    for (const OcfParameter *parameter = table; parameter->name != NULL; parameter++)
        store_default(parameter, values);

    for (const OcfParameter *parameter = table; parameter->name != NULL; parameter++) {
        g_autofree char *variable = g_strconcat("OCF_RESKEY_", parameter->name, NULL);
        const char *text = g_environ_getenv(environment, variable);

        if (text == NULL || *text == '\0') {
            if ((parameter->flags & OCF_PARAMETER_REQUIRED) == 0 || mode == OCF_PARSE_LENIENT)
                continue;
            g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "parameter %s is missing", parameter->name);
            return FALSE;
        }
        if (store(parameter, text, values))
            continue;

        g_autofree char *expected = expectation(parameter);
        if (mode == OCF_PARSE_STRICT) {
            g_set_error(error, OCF_ERROR, OCF_ERR_CONFIGURED, "%s=\"%s\" must be %s", parameter->name, text,
                        expected);
            return FALSE;
        }
        const char *instead =
            parameter->cautious_text != NULL ? parameter->cautious_text : parameter->default_text;
        g_warning("%s=\"%s\" must be %s; using %s", parameter->name, text, expected,
                  instead != NULL ? instead : "none");
        if (parameter->cautious_text != NULL)
            store_text(parameter, parameter->cautious_text, values);
    }
    return TRUE;
}

void ocf_parameters_clear(const OcfParameter *table, void *values)
{
    for (const OcfParameter *parameter = table; parameter->name != NULL; parameter++)
        if (parameter->type == OCF_TYPE_STRING)
            g_clear_pointer((char **)((char *)values + parameter->offset), g_free);
}
