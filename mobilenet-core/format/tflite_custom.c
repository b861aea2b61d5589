/* SPDX-License-Identifier: MIT
 *
 * The supported custom operators of a .tflite file and their options, which are
 * FlexBuffers or a structure of the operator's own. */
#include <float.h>
#include <math.h>

#include "base/error.h"
#include "format/flexbuf.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

/* Reads the options of one operator, whose first fault is kept. */
typedef struct {
    const MnetTfliteContext *context;
    MnetFlexValue map;
    MnetStatus status;
} Options;

static double read_number(Options *o, const char *name, bool required, double missing)
{
    double number;
    MnetFlexValue field = mnet_flex_field(&o->map, name);
    if (o->status)
        return missing;
    if (mnet_flex_number(&field, &number) && !isnan(number))
        return number;
    if (required || field.present)
        o->status = MNET_TFLITE_NODE_ERROR(o->context, MNET_ERROR_FORMAT,
                                           "its option %s is %s, a number expected", name,
                                           field.present ? "something else" : "missing");
    return missing;
}

/* Cut to what an int32 holds. */
static int32_t read_integer(Options *o, const char *name, bool required, int32_t missing)
{
    double number = read_number(o, name, required, missing);
    return number < INT32_MIN ? INT32_MIN : number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

/* Beyond float's range it is infinite. */
static float read_float(Options *o, const char *name)
{
    double number = read_number(o, name, true, 0);
    return fabs(number) > (double)FLT_MAX ? copysignf(INFINITY, (float)(number > 0 ? 1 : -1))
                                          : (float)number;
}

static MnetStatus read_post_process(const MnetTfliteContext *context, const MnetFlexValue *map)
{
    Options o = { context, *map, MNET_OK };
    MnetPostProcess *p = &context->node->options.post_process;
    p->max_detections = read_integer(&o, "max_detections", true, 0);
    p->max_classes = read_integer(&o, "max_classes_per_detection", true, 0);
    p->per_class = read_integer(&o, "detections_per_class", false, 100);
    p->n_classes = read_integer(&o, "num_classes", true, 0);
    p->regular = read_number(&o, "use_regular_nms", false, 0) != 0;
    p->score_threshold = read_float(&o, "nms_score_threshold");
    p->iou_threshold = read_float(&o, "nms_iou_threshold");
    p->scale_y = read_float(&o, "y_scale");
    p->scale_x = read_float(&o, "x_scale");
    p->scale_height = read_float(&o, "h_scale");
    p->scale_width = read_float(&o, "w_scale");
    return o.status;
}

/* MediaPipe stores TFLite's structure of the options: three int32, of which the
 * padding is 1 (SAME) or 2 (VALID). */
static MnetStatus read_transpose_bias(const MnetTfliteContext *context, MnetBytes *bytes)
{
    MnetWindow *w = &context->node->options.window;
    if (bytes->size < 12)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "its options have %zu bytes, 12 or more expected",
                                      bytes->size);
    int32_t padding = (int32_t)mnet_bytes_u32(bytes, 0);
    w->stride_w = (int32_t)mnet_bytes_u32(bytes, 4);
    w->stride_h = (int32_t)mnet_bytes_u32(bytes, 8);
    w->dilation_w = w->dilation_h = w->filter_w = w->filter_h = 1;
    if (padding != 1 && padding != 2)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "padding %d, expected 1 (SAME) or 2 (VALID)", padding);
    w->padding = padding == 1 ? MNET_PADDING_SAME : MNET_PADDING_VALID;
    return MNET_OK;
}

static const MnetTfliteCustom customs[] = {
    { "TFLite_Detection_PostProcess", MNET_OP_DETECTION_POST_PROCESS, 1, read_post_process, NULL },
    { "Convolution2DTransposeBias", MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, 1, NULL,
      read_transpose_bias },
};

const MnetTfliteCustom *mnet_tflite_find_custom(MnetFlatString name)
{
    for (size_t i = 0; i < sizeof customs / sizeof *customs; i++)
        if (strlen(customs[i].name) == name.size && !memcmp(customs[i].name, name.text, name.size))
            return &customs[i];
    return NULL;
}

MnetStatus mnet_tflite_read_custom(const MnetTfliteContext *context, const MnetTfliteCustom *custom,
                                   const MnetFlatTable *op)
{
    MnetFlatVector vector = mnet_flat_vector(op, TFL_OPERATOR_CUSTOM_OPTIONS, 1);
    if (context->reader->bytes.bad)
        return mnet_tflite_damaged(context->reader, context->name);
    MnetBytes bytes = { context->reader->bytes.data, 0, false };
    if (vector.present)
        bytes = (MnetBytes){ context->reader->bytes.data + vector.at, vector.count, false };
    if (custom->read_bytes)
        return custom->read_bytes(context, &bytes);
    MnetFlexValue map = mnet_flex_root(&bytes);
    if (!mnet_flex_is_map(&map))
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "%s",
                                      "its options are missing or no map of FlexBuffers");
    MnetStatus status = custom->read(context, &map);
    if (bytes.bad)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "%s",
                                      "its options lead outside of their bytes");
    return status;
}
