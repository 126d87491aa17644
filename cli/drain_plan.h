/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a node's VMs when it is drained, by the cluster's own forecast. */
#ifndef WHERRY_CLI_DRAIN_PLAN_H
#define WHERRY_CLI_DRAIN_PLAN_H

#include "agent/report.h"
#include "cli/vm.h"

#include <jansson.h>

typedef enum {
    PASSENGER_WAITS, /* on the node */
    PASSENGER_GONE,  /* runs elsewhere, or is stopped where that was forecast */
    PASSENGER_STAYS  /* its migration failed, and it runs on the node still */
} PassengerState;

/* One VM. */
typedef struct {
    Vm *vm;
    char *action;      /* of the cluster: "migrate", "stop" ...; NULL: none, it stays */
    char *target;      /* NULL: none */
    char *reason;      /* why not live; NULL: it is, or the cluster gives none */
    char *network;     /* that would carry it; NULL: not known */
    gint64 estimate_s; /* for its memory at the speed of that network; -1: not known */
    PassengerState state;
    char *node;        /* where it runs now; NULL: nowhere */
    Report *report;    /* the last one of its migration; NULL: none */
    gint64 arrived_us; /* when it was seen elsewhere; 0: it was not */
} Passenger;

typedef struct {
    char *node;
    GPtrArray *passengers; /* of Passenger, in the order of the CIB */
} DrainPlan;

/* Errors are CLI_FAILURE. */
DrainPlan *drain_plan_make(const char *node, GError **error);
void drain_plan_free(DrainPlan *plan);

gboolean passenger_is_live(const Passenger *passenger);

/* VMs that would be stopped, or stay, instead of migrating live; of Passenger, borrowed. */
GPtrArray *drain_plan_not_live(const DrainPlan *plan);

/* A table. */
char *drain_plan_text(const DrainPlan *plan);
json_t *drain_plan_json(const DrainPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DrainPlan, drain_plan_free)

#endif
