/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks as JSON. */
#ifndef WHERRY_CLI_NETWORK_JSON_H
#define WHERRY_CLI_NETWORK_JSON_H

#include "cli/json.h"
#include "netpref/netpref.h"

/* The network, its members, its rank and the reason; paths too, where there are. */
json_t *json_candidate(const NetprefCandidate *candidate);

#endif
