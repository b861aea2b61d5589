/* SPDX-License-Identifier: MIT
 *
 * The models of the stress tests: one of some microseconds, and one whose run
 * takes long beside the conversion of its small picture. */
#include <glib/gstdio.h>
#include <mnet/mnet.h>
#include <unistd.h>

#include "stress.h"
#include "tflitebuilder.h"

#define SIDE 32
#define CHANNELS 64
#define LAYERS 32               /* 1.2 G multiply-adds */

static gchar *small_model, *large_model;

static const gchar *
write_model (gchar ** path, const gchar * name, TbFile file)
{
  *path = g_strdup_printf ("%s/stress-%s-%d.tflite", g_get_tmp_dir (), name,
      (gint) getpid ());
  if (!g_file_set_contents (*path, (gchar *) file.data, file.size, NULL))
    g_error ("%s cannot be written", *path);
  tb_file_free (&file);
  return *path;
}

const gchar *
stress_small_model (void)
{
  if (small_model)
    return small_model;
  return write_model (&small_model, "small", tb_tiny_classifier (&(TbTiny) {
          .type = TFL_TYPE_UINT8}
      ));
}

static int32_t
add_map (TbModel * model, const gchar * name, int32_t channels)
{
  return tb_tensor (model, &(TbTensor) {
        .name = name,.type = TFL_TYPE_FLOAT32,.rank = 4,.dims = {
          1, SIDE, SIDE, channels
        }
      }
  );
}

/* A constant: weights of 3x3, or with rank 1 a bias. */
static int32_t
add_zeros (TbModel * model, const gchar * name, gint rank, int32_t channels)
{
  static const gfloat zeros[CHANNELS * 9 * CHANNELS];
  TbTensor tensor = {.name = name,.type = TFL_TYPE_FLOAT32,.rank = rank,
    .dims = {CHANNELS, 3, 3, channels},.data = zeros
  };

  tensor.bytes = CHANNELS * (rank == 1 ? 1 : 9 * channels) * sizeof (*zeros);
  return tb_tensor (model, &tensor);
}

static int32_t
add_conv (TbModel * model, int32_t from, int32_t weights, int32_t bias)
{
  int32_t to = add_map (model, "map", CHANNELS);

  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_CONV_2D,.inputs = {
          from, weights, bias
        },.n_inputs = 3,.outputs = {
          to
        },.n_outputs = 1,.options = tb_conv_options (TFL_PADDING_SAME, 1, 1, 1,
          1, TFL_ACTIVATION_RELU)});
  return to;
}

static int32_t
add_scores (TbModel * model, int32_t from)
{
  static const int32_t axes[] = { 1, 2 };
  int32_t means, scores;
  TbTensor vector = {.type = TFL_TYPE_FLOAT32,.rank = 2,.dims = {1, CHANNELS}
  };

  vector.name = "means";
  means = tb_tensor (model, &vector);
  vector.name = "scores";
  scores = tb_tensor (model, &vector);
  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_MEAN,.inputs = {
          from, tb_ints (model, "axes", 2, axes)
        },.n_inputs = 2,.outputs = {
          means
      },.n_outputs = 1,.options = tb_mean_options (FALSE)});
  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_SOFTMAX,.inputs = {
          means
        },.n_inputs = 1,.outputs = {
          scores
      },.n_outputs = 1,.options = tb_softmax_options (1.0f)});
  return scores;
}

const gchar *
stress_large_model (void)
{
  TbModel *model;
  int32_t bias, weights, last;
  guint i;

  if (large_model)
    return large_model;
  model = tb_model_new ();
  bias = add_zeros (model, "bias", 1, 0);
  weights = add_zeros (model, "weights", 4, CHANNELS);
  last = add_map (model, "picture", 3);
  tb_input (model, last);
  last = add_conv (model, last, add_zeros (model, "first", 4, 3), bias);
  for (i = 0; i < LAYERS; i++)
    last = add_conv (model, last, weights, bias);
  tb_output (model, add_scores (model, last));
  return write_model (&large_model, "large", tb_finish (model));
}

void
stress_clean (void)
{
  if (small_model)
    g_remove (small_model);
  if (large_model)
    g_remove (large_model);
  g_clear_pointer (&small_model, g_free);
  g_clear_pointer (&large_model, g_free);
}

/* The second of two runs. */
gint64
stress_run_time (const gchar * path)
{
  MnetError error = { MNET_OK, "" };
  MnetModel *model = mnet_model_load (path, NULL, &error);
  MnetSession *session = model ? mnet_session_new (model, NULL, &error) : NULL;
  gint64 began = 0;
  guint i;

  if (!session)
    g_error ("%s", error.text);
  for (i = 0; i < 2; i++) {
    began = g_get_monotonic_time ();
    mnet_session_run (session);
  }
  began = g_get_monotonic_time () - began;
  mnet_session_free (session);
  mnet_model_unref (model);
  return began;
}
