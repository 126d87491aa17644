/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backingfile, stateless and copyindirs: the qcow2 image on top of a file that never changes.
 */
#ifndef WHERRY_AGENT_IMAGE_H
#define WHERRY_AGENT_IMAGE_H

#include "agent/parameters.h"

/* Where the image of a guest stands: beside its config, named up to the first dot of the file's name. */
char *image_path(const char *config);

/* Makes the image where the parameters ask for it: always if stateless, otherwise where none is. It is made
 * beside its place and put there whole. */
gboolean image_prepare(const LiveDomainParameters *parameters, OcfDeadline deadline, GError **error);

#endif
