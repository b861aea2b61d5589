/* SPDX-License-Identifier: MIT
 *
 * Any bytes as the options of a custom operator: read by themselves, and by the
 * operator of a network that is otherwise right. */
#include <string.h>

#include "format/flexbuf.h"
#include "fuzz.h"
#include "tflitebuilder.h"

static const char *const names[] = { "max_detections", "nms_iou_threshold", "use_regular_nms", "" };

static void read_fields(const uint8_t *data, size_t size)
{
    MnetBytes bytes = { data, size, false };
    MnetFlexValue root = mnet_flex_root(&bytes);
    double number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        MnetFlexValue field = mnet_flex_field(&root, names[i]);
        if (!mnet_flex_number(&field, &number) && number != 0)
            fuzz_fail("a number that is none");
        mnet_flex_field(&field, names[i]);
    }
}

static int32_t tensor(TbModel *model, int rank, int32_t rows, int32_t columns, const void *data)
{
    TbTensor t = { .name = "t", .type = TFL_TYPE_FLOAT32, .no_shape = !rank, .rank = rank };
    t.dims[0] = 1;
    t.dims[rank > 2] = rows;
    t.dims[rank > 2 ? 2 : 1] = columns;
    t.data = data;
    t.bytes = data ? (size_t)(rows * columns) * sizeof(float) : 0;
    return tb_tensor(model, &t);
}

/* 40 boxes, 3 classes. */
static TbFile detector(const uint8_t *data, size_t size)
{
    static const float anchors[40 * 4] = { 0.5f, 0.5f, 0.2f, 0.2f };
    TbModel *model = tb_model_new();
    TbOperator op = { .builtin = TFL_OP_CUSTOM,
                      .custom = "TFLite_Detection_PostProcess",
                      .n_inputs = 3,
                      .n_outputs = 4,
                      .custom_options = data,
                      .custom_bytes = size };
    op.inputs[0] = tensor(model, 3, 40, 4, NULL);
    op.inputs[1] = tensor(model, 3, 40, 3, NULL);
    op.inputs[2] = tensor(model, 2, 40, 4, anchors);
    for (int i = 0; i < 4; i++)
        tb_output(model, op.outputs[i] = tensor(model, 0, 0, 0, NULL));
    tb_input(model, op.inputs[0]);
    tb_input(model, op.inputs[1]);
    tb_operator(model, &op);
    return tb_finish(model);
}

static void run(const MnetModel *model, MnetSession *session)
{
    size_t n = mnet_model_output(model, 1)->elements;
    for (size_t i = 0; i < 2; i++)
        for (size_t b = 0; b < mnet_model_input(model, i)->elements; b++)
            ((float *)mnet_session_input(session, i))[b] = (float)(b * 37 % 101) / 50 - 1;
    mnet_session_run(session);
    const float *classes = mnet_session_output(session, 1);
    float count = *(const float *)mnet_session_output(session, 3);
    if (!(count >= 0 && count <= (float)n))
        fuzz_fail("a count that is out of range");
    for (size_t i = 0; i < n; i++)
        if (!(classes[i] >= 0 && classes[i] < 3))
            fuzz_fail("a class that is out of range");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MnetError error = { MNET_OK, "" };
    read_fields(data, size);
    TbFile file = detector(data, size);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    if (session)
        run(model, session);
    else
        fuzz_check_error(&error);
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
    return 0;
}
