/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to make of wrong settings. Most of them have no effect and do no harm, so they are said and that is
 * all. But where an exclusion cannot be read, traffic goes where the administrator forbade it, and nobody
 * would look for a mistake behind a resource that is "Started": such settings do not start.
 */
#ifndef WHERRY_HEARTBEAT_SETTINGS_H
#define WHERRY_HEARTBEAT_SETTINGS_H

#include "netpref/netpref.h"

/* FALSE with OCF_ERR_CONFIGURED if something in SETTINGS forbids what then is not forbidden: a malformed
 * network in exclude, a malformed name while something is excluded, or a word for ring or unlisted that is
 * none. An exclusion that is odd but obeyed (host bits, one address) does not count. */
gboolean settings_exclude_what_they_say(const NetprefSettings *settings, GError **error);

/* FALSE with OCF_ERR_CONFIGURED if anything is wrong. */
gboolean settings_are_right(const NetprefSettings *settings, GError **error);

/* Says in the log all there is to say of SETTINGS. */
void settings_log(const NetprefSettings *settings);

#endif
