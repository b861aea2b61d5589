/* SPDX-License-Identifier: MIT
 *
 * The network that is built into the plugin: a MobileNet of ten classes, for a
 * first try.  README.md tells how it was trained. */

#include "gstmobilenetbuiltin.h"

/* The file's bytes as they are, in read-only data: processes share its pages, and
 * those that no element asks for are never read from the disk. */
__asm__ (".pushsection .rodata\n"
    "  .balign 64\n"
    "  .globl gst_mobilenet_built_in_begin\n"
    "  .hidden gst_mobilenet_built_in_begin\n"
    "  .type gst_mobilenet_built_in_begin, %object\n"
    "gst_mobilenet_built_in_begin:\n"
    "  .incbin \"" BUILT_IN_MODEL "\"\n"
    "  .size gst_mobilenet_built_in_begin, . - gst_mobilenet_built_in_begin\n"
    "  .globl gst_mobilenet_built_in_end\n"
    "  .hidden gst_mobilenet_built_in_end\n"
    "gst_mobilenet_built_in_end:\n" ".popsection\n");

G_GNUC_INTERNAL extern const guint8 gst_mobilenet_built_in_begin[];
G_GNUC_INTERNAL extern const guint8 gst_mobilenet_built_in_end[];

/* The bytes of a .tflite file, which live as long as the process. */
gconstpointer
gst_mobilenet_built_in_model (gsize * size)
{
  *size = gst_mobilenet_built_in_end - gst_mobilenet_built_in_begin;
  return gst_mobilenet_built_in_begin;
}
