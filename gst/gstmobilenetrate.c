/* SPDX-License-Identifier: MIT
 *
 * Frames a second, and how late they are, as a line of text. */

#include "gstmobilenetrate.h"

#include <string.h>

#define PERIOD (G_USEC_PER_SEC / 2)

void
gst_mobilenet_rate_reset (GstMobilenetRate * rate)
{
  memset (rate, 0, sizeof (*rate));
}

/* The means of the period that ends now; what is not known is not told, nor that
 * results are the frames' own. */
static void
describe_period (GstMobilenetRate * rate, gint64 now)
{
  gdouble seconds = (gdouble) (now - rate->since) / G_USEC_PER_SEC;
  gsize used;

  g_snprintf (rate->text, sizeof (rate->text), "%.1f fps",
      rate->frames / seconds);
  used = strlen (rate->text);
  if (rate->timed)
    g_snprintf (rate->text + used, sizeof (rate->text) - used,
        ", latency %.0f ms", rate->latency / rate->timed);
  used = strlen (rate->text);
  if (rate->age > 0)
    g_snprintf (rate->text + used, sizeof (rate->text) - used,
        ", result %.0f ms old", rate->age / rate->aged);
}

void
gst_mobilenet_rate_count (GstMobilenetRate * rate, gint64 now,
    GstClockTimeDiff latency, GstClockTimeDiff age)
{
  if (rate->since && now - rate->since >= PERIOD) {
    describe_period (rate, now);
    rate->frames = rate->timed = rate->aged = 0;
    rate->latency = rate->age = 0;
    rate->since = now;
  } else if (!rate->since) {
    rate->since = now;
  }
  rate->frames++;
  if (GST_CLOCK_STIME_IS_VALID (latency)) {
    rate->latency += (gdouble) latency / GST_MSECOND;
    rate->timed++;
  }
  if (GST_CLOCK_STIME_IS_VALID (age)) {
    rate->age += (gdouble) age / GST_MSECOND;
    rate->aged++;
  }
}
