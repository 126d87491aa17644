/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest that a call of the agent is about: who it is, and where it stands on this node by the word of
 * libvirt or, without libvirt, of its process.
 */
#ifndef WHERRY_AGENT_GUEST_H
#define WHERRY_AGENT_GUEST_H

#include "agent/config.h"
#include "agent/domain.h"
#include "agent/parameters.h"
#include "agent/record.h"

typedef struct {
    const OcfCall *call;
    const LiveDomainParameters *parameters;
    DomainConfig *config; /* NULL where it was not needed or cannot be read */
    GuestRecord *record;  /* never NULL; of a guest not known here yet it has no process */
    gboolean recorded;    /* the record has a file */
    Hypervisor *here;
    gboolean away_said; /* that libvirt does not answer is said once */
    int lock;           /* -1: none */
} Guest;

typedef struct {
    Health health;
    char *why;            /* a phrase such as "paused by an I/O error" */
    gboolean by_process;  /* libvirt does not answer; the process is all that is known */
    char *no_answer;      /* then: why it does not */
    GuestProcess process; /* where it is known */
    DomainLook look;      /* where libvirt answered */
} GuestState;

void guest_state_clear(GuestState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestState, guest_state_clear)

/* How a guest's name is found. */
typedef enum {
    GUEST_BY_RECORD, /* the record first, then the config: monitor, stop, migrations */
    GUEST_BY_CONFIG  /* the config, which has to be readable: start */
} GuestIdentity;

/* Errors: OCF_ERR_INSTALLED where there is no record and the config cannot be read, OCF_ERR_ARGS where it
 * makes no sense. */
Guest *guest_open(const OcfCall *call, GuestIdentity identity, GError **error);
void guest_close(Guest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_close)

/* Waits until no other action changes this guest. */
gboolean guest_lock(Guest *guest, OcfDeadline deadline, GError **error);

const char *guest_name(const Guest *guest);

/* How long to wait for a libvirtd that does not answer, with time left to go on without it; at the very end
 * of the action, at least the moment that an answer takes (the margin allows for it). */
gint64 guest_patience_ms(const Guest *guest);

/* Where the guest stands. Asks libvirt no longer than PATIENCE_MS, then the processes. FALSE: nobody can
 * tell. */
gboolean guest_look(Guest *guest, gint64 patience_ms, GuestState *state, GError **error);

/* Looks again and again until the guest is in HEALTH or fails for good; FALSE with the last state where the
 * deadline comes first. */
gboolean guest_await(Guest *guest, Health health, OcfDeadline deadline, GuestState *state, GError **error);

/* Remembers the guest that runs here now, with its process. Cannot fail anything: it warns (I8). */
void guest_remember(Guest *guest, const DomainLook *look);
void guest_forget(Guest *guest);

/* Writes the record after a change of its utilization. */
void guest_save_record(Guest *guest);

/* save_config_on_stop, where it is set; what fails is only said. */
void guest_save_config(Guest *guest, OcfDeadline deadline);

#endif
