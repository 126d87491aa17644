/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By ioctl and not by /sys/class/net/IF/speed: sysfs shows the network namespace of whoever mounted it. */
#include "netpref/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdalign.h>
#include <string.h>
#include <sys/ioctl.h>

/* Three bit maps follow the structure, each of as many words as the kernel says, at most 127. */
enum { LINK_MODE_MAPS = 3, LINK_MODE_WORDS_MOST = 127 };

typedef union {
    struct ethtool_link_settings settings;
    guint8
        room[sizeof(struct ethtool_link_settings) + LINK_MODE_MAPS * LINK_MODE_WORDS_MOST * sizeof(guint32)];
} LinkSettings;

static gboolean ask(int fd, struct ifreq *request, LinkSettings *settings, gint8 words)
{
    memset(settings, 0, sizeof *settings);
    settings->settings.cmd = ETHTOOL_GLINKSETTINGS;
    settings->settings.link_mode_masks_nwords = words;
    request->ifr_data = (char *)settings;
    return ioctl(fd, SIOCETHTOOL, request) == 0;
}

guint ethtool_speed_mbits(int fd, const char *interface)
{
    struct ifreq request = {.ifr_data = NULL};
    LinkSettings settings;

    /* asked with no words, the kernel answers with their number, negated (linux/ethtool.h) */
    g_strlcpy(request.ifr_name, interface, sizeof request.ifr_name);
    if (!ask(fd, &request, &settings, 0) || settings.settings.link_mode_masks_nwords >= 0)
        return 0;
    gint words = -settings.settings.link_mode_masks_nwords;
    if (words > LINK_MODE_WORDS_MOST || !ask(fd, &request, &settings, (gint8)words))
        return 0;
    return settings.settings.speed == (guint32)SPEED_UNKNOWN ? 0 : settings.settings.speed;
}
