/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks, and what was measured on them, as JSON. */
#ifndef WHERRY_CLI_NETWORK_JSON_H
#define WHERRY_CLI_NETWORK_JSON_H

#include "cli/json.h"
#include "cli/measure.h"
#include "netpref/netpref.h"

/* The network, its members, its rank and the reason; paths too, where there are. */
json_t *json_candidate(const NetprefCandidate *candidate);

/* One network to one node, as wherry network test shows it. */
typedef struct {
    char *to;      /* the node */
    char *name;    /* of the network */
    char *verdict; /* netpref_verdict_text, or one of a newer version */
    gboolean asked;
    gboolean reached;
    Measure measure;
    char *note; /* or NULL */
} TestResult;

void test_result_free(TestResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestResult, test_result_free)

/* The answer of wherry network test --json on FROM; RESULTS is of TestResult. */
json_t *json_test(const char *from, const GPtrArray *results);
/* The results in such an answer, which has to be FROM's and, unless TO is NULL, about TO alone. Keys that it
 * does not know are passed over, because that node's wherry may be newer; NULL, with CLI_ERROR, where
 * anything else is not as json_test writes it. */
GPtrArray *json_test_parse(const char *text, const char *from, const char *to, GError **error);

#endif
