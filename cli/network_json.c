/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/network_json.h"

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/view.h"

#include <string.h>

static json_t *json_cidrs(const GArray *cidrs)
{
    json_t *list = json_array();

    for (guint i = 0; i < cidrs->len; i++) {
        g_autofree char *text = netpref_cidr_text(&g_array_index(cidrs, NetprefCidr, i));
        json_array_append_new(list, json_text(text));
    }
    return list;
}

static json_t *json_member(const NetprefMember *member)
{
    json_t *one = json_object(), *addresses = json_array();

    for (guint i = 0; i < member->addresses->len; i++) {
        const NetprefMemberAddress *address = &g_array_index(member->addresses, NetprefMemberAddress, i);
        g_autofree char *text = netpref_address_text(&address->cidr.address);
        json_array_append_new(addresses, json_text(text));
    }
    json_object_set_new(one, "name", json_text(member->node));
    json_object_set_new(one, "interface", json_text(member->interface));
    json_object_set_new(one, "state", json_string(netpref_link_state_text(member->state)));
    json_object_set_new(one, "speed_mbits", json_known(member->speed_mbits));
    json_object_set_new(one, "mtu_bytes", json_known(member->mtu));
    json_object_set_new(one, "ring", json_boolean(member->ring));
    json_object_set_new(one, "addresses", addresses);
    return one;
}

json_t *json_candidate(const NetprefCandidate *candidate)
{
    const NetprefNetwork *network = candidate->network;
    g_autofree char *state = view_state(network);
    json_t *one = json_object(), *nodes = json_array();

    for (guint i = 0; i < network->members->len; i++)
        if (network->members->pdata[i] != NULL)
            json_array_append_new(nodes, json_member(network->members->pdata[i]));
    json_object_set_new(one, "name", json_text(network->name));
    json_object_set_new(one, "rank", json_known(candidate->rank));
    json_object_set_new(one, "verdict", json_string(netpref_verdict_text(candidate->verdict)));
    json_object_set_new(one, "reason", json_text(candidate->reason));
    json_object_set_new(one, "labelled", json_boolean(network->labelled));
    json_object_set_new(one, "subnets", json_cidrs(network->subnets));
    json_object_set_new(one, "speed_mbits", json_known(candidate->speed_mbits));
    json_object_set_new(one, "mtu_bytes", json_known(network->mtu));
    json_object_set_new(one, "ring", json_boolean(network->ring));
    json_object_set_new(one, "state", json_text(state));
    json_object_set_new(one, "nodes", nodes);
    return one;
}

/* ---- what was measured --------------------------------------------------------------------------- */

void test_result_free(TestResult *result)
{
    if (result == NULL)
        return;
    g_free(result->to);
    g_free(result->name);
    g_free(result->verdict);
    g_free(result->note);
    measure_clear(&result->measure);
    g_free(result);
}

static json_t *json_measured(double value)
{
    return value >= 0 ? json_real(value) : json_null();
}

json_t *json_test(const char *from, const GPtrArray *results)
{
    json_t *answer = json_object(), *list = json_array();

    for (guint i = 0; i < results->len; i++) {
        const TestResult *result = results->pdata[i];
        json_t *one = json_object();
        json_object_set_new(one, "to", json_text(result->to));
        json_object_set_new(one, "name", json_text(result->name));
        json_object_set_new(one, "verdict", json_text(result->verdict));
        json_object_set_new(one, "reached", result->asked ? json_boolean(result->reached) : json_null());
        json_object_set_new(one, "round_trip_ms", json_measured(result->measure.round_trip_ms));
        json_object_set_new(one, "path_mtu_bytes", json_known(result->measure.path_mtu));
        json_object_set_new(one, "throughput_mbits", json_measured(result->measure.rate_mbits));
        json_object_set_new(one, "note", json_text(result->note));
        json_array_append_new(list, one);
    }
    json_object_set_new(answer, "from", json_text(from));
    json_object_set_new(answer, "results", list);
    return answer;
}

static gboolean read_text(const json_t *value, char **text)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return FALSE;
    *text = g_strdup(json_string_value(value));
    return TRUE;
}

static gboolean read_reached(const json_t *value, TestResult *result)
{
    result->asked = json_is_boolean(value);
    result->reached = json_is_true(value);
    return result->asked || json_is_null(value);
}

static gboolean read_measured(const json_t *value, double *measured)
{
    *measured = json_is_number(value) ? json_number_value(value) : -1;
    return json_is_null(value) || *measured >= 0;
}

static gboolean read_mtu(const json_t *value, guint *mtu)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_null(value) && (number <= 0 || number > G_MAXINT32))
        return FALSE;
    *mtu = (guint)number;
    return TRUE;
}

/* The key whose value is wrong or missing; NULL: none. */
static const char *read_result(const json_t *one, TestResult *result)
{
    const json_t *note = json_object_get(one, "note");

    if (!read_text(json_object_get(one, "to"), &result->to))
        return "to";
    if (!read_text(json_object_get(one, "name"), &result->name))
        return "name";
    if (!read_text(json_object_get(one, "verdict"), &result->verdict))
        return "verdict";
    if (!read_reached(json_object_get(one, "reached"), result))
        return "reached";
    if (!read_measured(json_object_get(one, "round_trip_ms"), &result->measure.round_trip_ms))
        return "round_trip_ms";
    if (!read_mtu(json_object_get(one, "path_mtu_bytes"), &result->measure.path_mtu))
        return "path_mtu_bytes";
    if (!read_measured(json_object_get(one, "throughput_mbits"), &result->measure.rate_mbits))
        return "throughput_mbits";
    return json_is_null(note) || read_text(note, &result->note) ? NULL : "note";
}

GPtrArray *json_test_parse(const char *text, const char *from, const char *to, GError **error)
{
    json_error_t where;
    json_auto_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    const char *who = json_string_value(json_object_get(answer, "from"));
    const json_t *list = json_object_get(answer, "results");
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)test_result_free);

    if (answer == NULL) {
        g_autofree char *what = table_visible(where.text);
        g_set_error(error, CLI_FAILURE, CLI_ERROR, "line %d: %s", where.line, what);
        return NULL;
    }
    if (who == NULL || !json_is_array(list)) {
        g_set_error(error, CLI_FAILURE, CLI_ERROR, "it has no %s", who == NULL ? "from" : "results");
        return NULL;
    }
    if (strcmp(who, from) != 0) {
        g_autofree char *other = table_visible(who);
        g_set_error(error, CLI_FAILURE, CLI_ERROR, "it is from %s", other);
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        TestResult *result = g_new0(TestResult, 1);
        g_ptr_array_add(results, result);
        const char *wrong = read_result(json_array_get(list, i), result);
        if (wrong == NULL && (strcmp(result->to, from) == 0 || (to != NULL && strcmp(result->to, to) != 0)))
            wrong = "to";
        if (wrong != NULL) {
            g_set_error(error, CLI_FAILURE, CLI_ERROR, "result %zu has no good %s", i + 1, wrong);
            return NULL;
        }
    }
    return g_steal_pointer(&results);
}
