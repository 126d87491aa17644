/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf/ocf.h"

G_DEFINE_QUARK(wherry - ocf - error, ocf_error)

OcfExit ocf_error_exit(const GError *error)
{
    if (error->domain != OCF_ERROR || error->code < OCF_ERR_GENERIC || error->code > OCF_NOT_RUNNING)
        return OCF_ERR_GENERIC;
    return (OcfExit)error->code;
}
