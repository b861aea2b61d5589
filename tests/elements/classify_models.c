/* SPDX-License-Identifier: MIT
 *
 * The small models of the tests of mobilenetclassify. */
#include "classify_fixture.h"
#include "tflitebuilder.h"

static const gchar *
write_model (const gchar * name, TbFile file)
{
  const gchar *path = fixture_write (name, file.data, file.size);

  tb_file_free (&file);
  return path;
}

const gchar *
fixture_model (void)
{
  return write_model ("colours.tflite", tb_tiny_classifier (&(TbTiny) {
          .type = TFL_TYPE_UINT8}
      ));
}

const gchar *
fixture_sized_model (gint side)
{
  gchar *name = g_strdup_printf ("colours-%d.tflite", side);
  const gchar *path = write_model (name, tb_tiny_classifier (&(TbTiny) {
            .type = TFL_TYPE_UINT8,.width = side,.height = side
          }
      ));

  g_free (name);
  return path;
}

const gchar *
fixture_float_model (gboolean tells)
{
  return write_model (tells ? "float-told.tflite" : "float.tflite",
      tb_tiny_classifier (&(TbTiny) {
          .type = TFL_TYPE_FLOAT32,.normalization = tells}
      ));
}

const gchar *
fixture_int8_model (void)
{
  return write_model ("int8.tflite", tb_tiny_classifier (&(TbTiny) {
          .type = TFL_TYPE_INT8}
      ));
}

const gchar *
fixture_labelled_model (const gchar * labels)
{
  return write_model ("labelled.tflite", tb_tiny_classifier (&(TbTiny) {
          .type = TFL_TYPE_UINT8,.labels = TRUE,.deflate = TRUE,.label_text =
            labels}
      ));
}

/* A tensor of float32: a picture of 8x8, or a vector of 4. */
static int32_t
add_tensor (TbModel * model, const gchar * name, gboolean picture)
{
  if (picture)
    return tb_tensor (model, &(TbTensor) {
        .name = name,.type = TFL_TYPE_FLOAT32,.rank = 4,.dims = { 1, 8, 8, 3 }
        }
  );
  return tb_tensor (model, &(TbTensor) {
        .name = name,.type = TFL_TYPE_FLOAT32,.rank = 2,.dims = { 1, 4 }
      }
  );
}

static int32_t
add_softmax (TbModel * model, int32_t from, gboolean picture)
{
  int32_t to = add_tensor (model, "scores", picture);

  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_SOFTMAX,.inputs = { from },.n_inputs = 1,.outputs =
        { to },.n_outputs = 1,
      .options = tb_softmax_options (1.0f)});
  return to;
}

const gchar *
fixture_map_model (void)
{
  TbModel *model = tb_model_new ();
  int32_t input = add_tensor (model, "picture", TRUE);

  tb_input (model, input);
  tb_output (model, add_softmax (model, input, TRUE));
  return write_model ("map.tflite", tb_finish (model));
}

const gchar *
fixture_two_input_model (void)
{
  TbModel *model = tb_model_new ();
  int32_t a = add_tensor (model, "a", TRUE);
  int32_t b = add_tensor (model, "b", TRUE);
  int32_t sum = add_tensor (model, "sum", TRUE);

  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_ADD,.inputs = { a, b },
        .n_inputs = 2,.outputs = { sum },.n_outputs = 1,
      .options = tb_binary_options (TFL_OPTIONS_ADD, 0)});
  tb_input (model, a);
  tb_input (model, b);
  tb_output (model, sum);
  return write_model ("two-inputs.tflite", tb_finish (model));
}

const gchar *
fixture_flat_model (void)
{
  TbModel *model = tb_model_new ();
  int32_t input = add_tensor (model, "picture", TRUE);
  int32_t flat = tb_tensor (model, &(TbTensor) {
        .name = "flat",.type = TFL_TYPE_FLOAT32,.rank = 2,.dims = {1, 192}
      }
  );
  int32_t scores = tb_tensor (model, &(TbTensor) {
        .name = "scores",.type = TFL_TYPE_FLOAT32,.rank = 2,.dims = {1, 192}
      }
  );

  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_RESHAPE,.inputs = { input },.n_inputs = 1,.outputs =
        { flat },.n_outputs = 1,
      .options = tb_reshape_options (2, (const int32_t[]) { 1, 192 })});
  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_SOFTMAX,.inputs = { flat },.n_inputs = 1,.outputs =
        { scores },.n_outputs = 1,
      .options = tb_softmax_options (1.0f)});
  tb_input (model, input);
  tb_output (model, scores);
  return write_model ("flat.tflite", tb_finish (model));
}

const gchar *
fixture_two_output_model (void)
{
  TbModel *model = tb_model_new ();
  int32_t input = add_tensor (model, "picture", TRUE);

  tb_input (model, input);
  tb_output (model, add_softmax (model, input, TRUE));
  tb_output (model, add_softmax (model, input, TRUE));
  return write_model ("two-outputs.tflite", tb_finish (model));
}

const gchar *
fixture_vector_model (void)
{
  TbModel *model = tb_model_new ();
  int32_t input = add_tensor (model, "vector", FALSE);

  tb_input (model, input);
  tb_output (model, add_softmax (model, input, FALSE));
  return write_model ("vector.tflite", tb_finish (model));
}
