/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netpref/policy.h"

#include "netpref/address.h"
#include "netpref/finding.h"

#include <string.h>

enum { LABEL_MOST = 63 };

#define LABEL_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static void label_free(gpointer data)
{
    Label *label = data;

    g_array_unref(label->subnets);
    g_free(label->name);
    g_free(label);
}

const char *policy_order_parameter(const NetprefPolicy *policy)
{
    return policy->of_vm ? "migration_networks" : "order";
}

const char *policy_exclude_parameter(const NetprefPolicy *policy)
{
    return policy->of_vm ? "migration_exclude_networks" : "exclude";
}

const Label *labels_find(const GPtrArray *labels, const char *name)
{
    for (guint i = 0; labels != NULL && i < labels->len; i++) {
        const Label *label = labels->pdata[i];
        if (strcmp(label->name, name) == 0)
            return label;
    }
    return NULL;
}

static const Reference *find_reference(const GPtrArray *references, const Reference *wanted)
{
    for (guint i = 0; i < references->len; i++)
        if (reference_equal(references->pdata[i], wanted))
            return references->pdata[i];
    return NULL;
}

/* ---- the settings ------------------------------------------------------------------------------ */

/* The words of VALUE, separated by white space; VALUE may be NULL. */
static char **split_words(const char *value)
{
    g_auto(GStrv) parts = g_strsplit_set(value != NULL ? value : "", " \t\r\n\v\f", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (char **part = parts; *part != NULL; part++)
        if (**part != '\0')
            g_ptr_array_add(words, g_strdup(*part));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

static void read_list(GPtrArray *references, const char *value, const char *where, gboolean keep,
                      GPtrArray *findings)
{
    g_auto(GStrv) words = split_words(value);

    for (char **word = words; *word != NULL; word++) {
        Reference *reference = reference_read(*word, where, keep, findings);
        if (reference == NULL)
            continue;
        if (find_reference(references, reference) != NULL) {
            findings_add(findings, NETPREF_WARNING, "listed_twice", "%s: %s is listed twice", where,
                         reference->text);
            reference_free(reference);
            continue;
        }
        g_ptr_array_add(references, reference);
    }
}

static gboolean check_label_name(const char *name, GPtrArray *findings)
{
    g_autofree char *quoted = text_quote(name);

    if (*name == '\0') {
        findings_add(findings, NETPREF_ERROR, "malformed_label", "names: a network has no name before the =");
        return FALSE;
    }
    if (reference_looks_numeric(name)) {
        findings_add(findings, NETPREF_ERROR, "label_looks_numeric",
                     "names: %s looks like an address: choose a name with a letter, without / and :", quoted);
        return FALSE;
    }
    if (strspn(name, LABEL_CHARACTERS) != strlen(name) || strlen(name) > LABEL_MOST) {
        findings_add(findings, NETPREF_ERROR, "malformed_label",
                     "names: %s is no name: letters, digits, . _ - only, at most %d", quoted, LABEL_MOST);
        return FALSE;
    }
    return TRUE;
}

static const Label *label_of_subnet(const GPtrArray *labels, const NetprefCidr *subnet)
{
    for (guint i = 0; i < labels->len; i++) {
        const Label *label = labels->pdata[i];
        for (guint j = 0; j < label->subnets->len; j++)
            if (cidr_equal(&g_array_index(label->subnets, NetprefCidr, j), subnet))
                return label;
    }
    return NULL;
}

static void read_label_subnet(NetprefPolicy *policy, Label *label, const char *text)
{
    NetprefCidr subnet;

    if (*text == '\0') {
        findings_add(policy->findings, NETPREF_ERROR, "malformed_label", "names: %s has an empty network",
                     label->name);
        return;
    }
    g_autofree char *where = g_strdup_printf("names: %s", label->name);
    if (!reference_read_subnet(text, where, FALSE, &subnet, policy->findings))
        return;
    const Label *earlier = label_of_subnet(policy->labels, &subnet);
    if (earlier != NULL)
        findings_add(policy->findings, NETPREF_ERROR, "network_named_twice",
                     "names: %s is given to %s and to %s: it is shown as %s", text, earlier->name,
                     label->name, earlier->name);
    g_array_append_val(label->subnets, subnet);
}

static Label *add_label(NetprefPolicy *policy, const char *name)
{
    Label *label = (Label *)labels_find(policy->labels, name);

    if (label != NULL) {
        /* joined rather than dropped: whoever excludes the name excludes all that was given it */
        findings_add(policy->findings, NETPREF_ERROR, "label_used_twice",
                     "names: %s is used twice: it stands for all its networks", name);
        return label;
    }
    label = g_new0(Label, 1);
    label->name = g_strdup(name);
    label->subnets = g_array_new(FALSE, FALSE, sizeof(NetprefCidr));
    g_ptr_array_add(policy->labels, label);
    return label;
}

static void read_names(NetprefPolicy *policy, const char *value)
{
    g_auto(GStrv) words = split_words(value);

    for (char **word = words; *word != NULL; word++) {
        char *equals = strchr(*word, '=');
        if (equals == NULL) {
            g_autofree char *quoted = text_quote(*word);
            findings_add(policy->findings, NETPREF_ERROR, "malformed_label",
                         "names: %s is not NAME=CIDR[,CIDR...]", quoted);
            continue;
        }
        *equals = '\0';
        if (!check_label_name(*word, policy->findings))
            continue;
        Label *label = add_label(policy, *word);
        g_auto(GStrv) subnets = g_strsplit(equals + 1, ",", -1);
        if (*subnets == NULL)
            read_label_subnet(policy, label, "");
        for (char **subnet = subnets; *subnet != NULL; subnet++)
            read_label_subnet(policy, label, *subnet);
    }
}

/* The index of VALUE in WORDS; 0, the default, where it is unset or, with a finding, unknown. */
static guint read_word(const char *value, const char *where, const char *const *words, GPtrArray *findings)
{
    if (value == NULL || *value == '\0')
        return 0;
    for (guint i = 0; words[i] != NULL; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    g_autofree char *quoted = text_quote(value);
    g_autofree char *expected = g_strjoinv(", ", (char **)words);
    findings_add(findings, NETPREF_ERROR, "unknown_word", "%s: %s is not one of %s; %s is used", where,
                 quoted, expected, words[0]);
    return 0;
}

/* TRUE if both references share a subnet, by label or directly, or are the same word. */
static gboolean references_meet(const GPtrArray *labels, const Reference *a, const Reference *b)
{
    if (reference_equal(a, b))
        return TRUE;
    if (!a->is_subnet && !b->is_subnet)
        return FALSE;
    const Reference *subnet = a->is_subnet ? a : b;
    const Label *label = labels_find(labels, a->is_subnet ? b->text : a->text);
    for (guint i = 0; label != NULL && i < label->subnets->len; i++)
        if (cidr_equal(&g_array_index(label->subnets, NetprefCidr, i), &subnet->subnet))
            return TRUE;
    return FALSE;
}

static void find_contradictions(NetprefPolicy *policy)
{
    for (guint i = 0; i < policy->order->len; i++) {
        const Reference *ordered = policy->order->pdata[i];
        for (guint j = 0; j < policy->exclude->len; j++) {
            if (!references_meet(policy->labels, ordered, policy->exclude->pdata[j]))
                continue;
            findings_add(policy->findings, NETPREF_WARNING, "ordered_and_excluded",
                         "%s is in %s and in %s: it is excluded", ordered->text,
                         policy_order_parameter(policy), policy_exclude_parameter(policy));
            break;
        }
    }
}

static NetprefPolicy *policy_new(const char *order, const char *exclude, gboolean of_vm)
{
    NetprefPolicy *policy = g_new0(NetprefPolicy, 1);

    policy->of_vm = of_vm;
    policy->order = g_ptr_array_new_with_free_func((GDestroyNotify)reference_free);
    policy->exclude = g_ptr_array_new_with_free_func((GDestroyNotify)reference_free);
    policy->labels = g_ptr_array_new_with_free_func(label_free);
    policy->findings = findings_new();
    read_list(policy->order, order, policy_order_parameter(policy), FALSE, policy->findings);
    read_list(policy->exclude, exclude, policy_exclude_parameter(policy), TRUE, policy->findings);
    return policy;
}

NetprefPolicy *netpref_policy_new(const NetprefSettings *settings)
{
    static const char *const ring_words[] = {"last", "allow", "exclude", NULL};
    static const char *const unlisted_words[] = {"allow", "exclude", NULL};
    NetprefPolicy *policy = policy_new(settings->order, settings->exclude, FALSE);

    read_names(policy, settings->names);
    policy->ring = (NetprefRing)read_word(settings->ring, "ring", ring_words, policy->findings);
    policy->exclude_unlisted =
        read_word(settings->unlisted, "unlisted", unlisted_words, policy->findings) == 1;
    find_contradictions(policy);
    if (policy->exclude_unlisted && policy->order->len == 0)
        findings_add(policy->findings, NETPREF_WARNING, "nothing_listed",
                     "unlisted=exclude without order: no VM may migrate but those with a list of their own");
    return policy;
}

NetprefPolicy *netpref_policy_new_for_vm(const char *order, const char *exclude)
{
    NetprefPolicy *policy = policy_new(order, exclude, TRUE);

    find_contradictions(policy);
    return policy;
}

void netpref_policy_free(NetprefPolicy *policy)
{
    if (policy == NULL)
        return;
    g_ptr_array_unref(policy->order);
    g_ptr_array_unref(policy->exclude);
    g_ptr_array_unref(policy->labels);
    g_ptr_array_unref(policy->findings);
    g_free(policy);
}

NetprefRing netpref_policy_ring(const NetprefPolicy *policy)
{
    return policy->ring;
}

gboolean netpref_policy_allows_unlisted(const NetprefPolicy *policy)
{
    return !policy->exclude_unlisted;
}

const GPtrArray *netpref_policy_findings(const NetprefPolicy *policy)
{
    return policy->findings;
}
