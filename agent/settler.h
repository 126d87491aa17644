/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program wherry-settle, which brings a migration to its end when its driver cannot (moves/settle.h), as
 * others start it. At most one per resource works on a node.
 */
#ifndef WHERRY_AGENT_SETTLER_H
#define WHERRY_AGENT_SETTLER_H

#include "ocf/ocf.h"

/* Starts one, which waits until the migration's driver ends. Returns its number; 0 with an error where none
 * can be had. */
pid_t settler_start(const char *resource, GError **error);

/* To be called by a settler: TRUE if it is the only one. It stays that until its process ends. */
gboolean settler_claim(const char *resource, OcfDeadline deadline);

gboolean settler_is_at_work(const char *resource);

#endif
