/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drop of HA status, as it stands in the CIB, where anyone may have edited it: what is accepted must make
 * sense and be the same when it is written again. The input is also tried as the text of a drop.
 */
#include "cluster/cluster.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sense(const ClusterDrop *drop)
{
    g_assert_cmpstr(drop->resource, ==, "web1");
    g_assert_cmpstr(drop->node, !=, "");
    g_assert_nonnull(drop->boot_id);
    g_assert_cmpint(drop->pid, >=, 0);
    g_assert_cmpuint(drop->start_time, <=, G_MAXINT64);
    g_assert_cmpint(drop->since_s, >=, 0);
    g_assert_cmpint(drop->avoid_s, >=, 0);
}

static void check_round(const ClusterDrop *drop)
{
    g_autofree char *text = cluster_drop_print(drop);
    g_autoptr(ClusterDrop) again = cluster_drop_parse(drop->resource, text);

    g_assert_nonnull(again);
    g_assert_true(g_str_is_ascii(text));
    g_assert_null(strpbrk(text, "<>&\"'\r\n\t"));
    g_assert_cmpstr(drop->node, ==, again->node);
    g_assert_cmpstr(drop->boot_id, ==, again->boot_id);
    g_assert_cmpint(drop->pid, ==, again->pid);
    g_assert_cmpuint(drop->start_time, ==, again->start_time);
    g_assert_cmpint(drop->since_s, ==, again->since_s);
    g_assert_cmpint(drop->avoid_s, ==, again->avoid_s);
    g_assert_cmpstr(drop->source, ==, again->source);
    g_assert_cmpstr(drop->target, ==, again->target);
    g_assert_cmpstr(drop->reason, ==, again->reason);
    g_assert_cmpstr(drop->former_agent, ==, again->former_agent);
    g_autofree char *again_text = cluster_drop_print(again);
    g_assert_cmpstr(text, ==, again_text);
}

/* TEXT as a node and a reason, with whatever it holds. */
static void check_any_text(const char *text)
{
    ClusterDrop drop = {.resource = (char *)"web1",
                        .node = (char *)(*text != '\0' ? text : "a1"),
                        .boot_id = (char *)"11111111-2222-3333-4444-555555555555",
                        .pid = 1,
                        .source = (char *)text,
                        .target = (char *)text,
                        .former_agent = (char *)text,
                        .reason = (char *)text};

    check_round(&drop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(ClusterDrop) drop = cluster_drop_parse("web1", text);

    check_any_text(text);
    if (drop == NULL)
        return 0;
    check_sense(drop);
    cluster_drop_is_orphan(drop, drop->node);
    check_round(drop);
    return 0;
}
