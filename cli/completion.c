/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completion for bash, from the table of verbs. */
#include "cli/cli.h"

#include <string.h>

static void append_word(GString *words, const char *word)
{
    g_string_append_printf(words, "%s%s", words->len > 0 ? " " : "", word);
}

/* The second words of the verbs that begin with GROUP, or with "" the first words of all, each once. */
static char *words_of(const char *group)
{
    GString *words = g_string_new(NULL);

    for (const CliVerb *verb = cli_verbs(); verb->name != NULL; verb++) {
        g_auto(GStrv) parts = g_strsplit(verb->name, " ", -1);
        const char *word = *group == '\0' ? parts[0] : strcmp(parts[0], group) == 0 ? parts[1] : NULL;
        g_auto(GStrv) known = g_strsplit(words->str, " ", -1);
        if (word != NULL && !g_strv_contains((const char *const *)known, word))
            append_word(words, word);
    }
    return g_string_free(words, FALSE);
}

static char *options_of(const CliVerb *verb)
{
    GString *words = g_string_new("--help");

    for (guint i = 0; i < CLI_OPTIONS_MOST && verb->options[i].name != NULL; i++)
        g_string_append_printf(words, " --%s", verb->options[i].name);
    if ((verb->flags & CLI_RUNS) != 0)
        append_word(words, "--wait --no-wait");
    if ((verb->flags & CLI_CHANGES) != 0)
        append_word(words, "--dry-run");
    if ((verb->flags & (CLI_SHOWS | CLI_CHANGES)) != 0)
        append_word(words, "--json");
    return g_string_free(words, FALSE);
}

/* "VM NODE" of "VM [NODE]". */
static char *places_of(const CliVerb *verb)
{
    g_autofree char *plain = g_strdup(verb->arguments != NULL ? verb->arguments : "");
    char *to = plain;

    for (const char *from = plain; *from != '\0'; from++)
        if (strchr("[].", *from) == NULL)
            *to++ = *from;
    *to = '\0';
    return g_strdup(plain);
}

char *cli_completion(void)
{
    g_autofree char *first = words_of("");
    g_autofree char *network = words_of("network");
    GString *script =
        g_string_new("# bash completion for wherry(8)\n_wherry()\n{\n"
                     "    local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]-} start=2\n"
                     "    local options= places= place=0 word choices=\n"
                     "    if [[ $verb = network ]]; then verb=\"network ${COMP_WORDS[2]-}\" start=3; fi\n"
                     "    case $verb in\n");

    for (const CliVerb *verb = cli_verbs(); verb->name != NULL; verb++) {
        g_autofree char *options = options_of(verb);
        g_autofree char *places = places_of(verb);
        g_string_append_printf(script, "    '%s') options='%s' places='%s' ;;\n", verb->name, options,
                               places);
    }
    g_string_append_printf(script,
                           "    esac\n"
                           "    for word in \"${COMP_WORDS[@]:start:COMP_CWORD-start}\"; do [[ $word = -* ]] "
                           "|| place=$((place + 1)); done\n"
                           "    places=($places)\n"
                           "    if ((COMP_CWORD == 1)); then choices='%s --help --version'\n"
                           "    elif ((COMP_CWORD < start)); then choices='%s'\n"
                           "    elif [[ $current = -* ]]; then choices=$options\n"
                           "    elif [[ ${places[place]-} = VM ]]; then choices=$(timeout 5 crm_resource "
                           "--list-raw 2>/dev/null)\n"
                           "    elif [[ ${places[place]-} = NODE ]]; then choices=$(timeout 5 crm_node "
                           "--list 2>/dev/null | cut -d' ' -f2)\n"
                           "    fi\n"
                           "    COMPREPLY=($(compgen -W \"$choices\" -- \"$current\"))\n"
                           "}\ncomplete -F _wherry wherry\n",
                           first, network);
    return g_string_free(script, FALSE);
}
