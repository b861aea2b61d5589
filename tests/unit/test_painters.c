/* SPDX-License-Identifier: MIT
 *
 * Small encoder-decoder networks in every number form and layout, from frame to
 * picture, against what their layers say. */
#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define W 16
#define H 12

typedef struct {
    const char *name;
    TbPainter p;
    float tolerance; /* in steps of 255 */
} Case;

static uint8_t picture[H][W][3];

static void draw(void)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++)
                picture[y][x][c] = (uint8_t)(40 + 10 * x + 6 * y + 23 * c + 17 * (x % 3));
}

static double number(const MnetImageOptions *options, int y, int x, int c)
{
    if (options->raw)
        return picture[y][x][c] / 255.0;
    return (picture[y][x][c] - (double)options->mean[c]) / (double)options->std[c];
}

/* The mean at pixel (y, x) of the half-sized map. */
static double mean_at(const MnetImageOptions *options, int y, int x, int c)
{
    double sum = 0;
    for (int i = 2 * y; i < 2 * y + 3 && i < H; i++)
        for (int j = 2 * x; j < 2 * x + 3 && j < W; j++)
            sum += number(options, i, j, c);
    return sum / 9;
}

static double clampd(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static double enlarged(const MnetImageOptions *options, int y, int x, int c)
{
    double fy = clampd((y + 0.5) / 2 - 0.5, 0, H / 2 - 1),
           fx = clampd((x + 0.5) / 2 - 0.5, 0, W / 2 - 1);
    int y0 = (int)fy, x0 = (int)fx;
    int y1 = y0 + 1 < H / 2 ? y0 + 1 : y0, x1 = x0 + 1 < W / 2 ? x0 + 1 : x0;
    double top =
        mean_at(options, y0, x0, c) * (1 - (fx - x0)) + mean_at(options, y0, x1, c) * (fx - x0);
    double bottom =
        mean_at(options, y1, x0, c) * (1 - (fx - x0)) + mean_at(options, y1, x1, c) * (fx - x0);
    return top * (1 - (fy - y0)) + bottom * (fy - y0);
}

/* The byte that the network must paint. */
static double define(const TbPainter *p, const MnetImageOptions *options, const float *style, int y,
                     int x, int c)
{
    double number_here = number(options, y, x, c);
    double v = (double)p->sharp * number_here + (double)p->blurred * enlarged(options, y, x, c) +
               (double)p->bias + (style ? (double)style[c] : 0);
    double byte = p->curve == TFL_OP_LOGISTIC ? 255 / (1 + exp(-v))
                  : p->curve == TFL_OP_TANH   ? 127.5 + 127.5 * tanh(v)
                  : options->raw
                      ? 255 * (number_here + v)
                      : (number_here + v) * (double)options->std[c] + (double)options->mean[c];
    return clampd(byte, 0, 255);
}

static void compare(const Case *test, const MnetPainting *painting, const MnetImageOptions *options,
                    const float *style, const void *data)
{
    uint8_t rgb[H * W * 3];
    double most = 0;
    mnet_painting_read(painting, data, 0, H, rgb);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++) {
                double off =
                    fabs(rgb[(y * W + x) * 3 + c] - define(&test->p, options, style, y, x, c));
                most = off > most ? off : most;
            }
    EXPECT(most <= (double)test->tolerance, "%s: off by %g", test->name, most);
}

static void run(const Case *test, MnetModel *model, MnetError *error)
{
    const MnetTensorInfo *inputs[] = { mnet_model_input(model, 0), mnet_model_input(model, 1) };
    const MnetTensorInfo *output = mnet_model_output(model, 0);
    float style[] = { 0.5f, -0.25f, 1 };
    MnetPaintingInputs found;
    MnetImageOptions options;
    MnetFrameInfo frame = { MNET_PIXEL_RGB, W, H, MNET_MATRIX_BT601, true };
    MnetPlanes planes = { { &picture[0][0][0] }, { W * 3 } };
    EXPECT(!mnet_painting_find_inputs(inputs, mnet_model_n_inputs(model), &found, error) &&
               found.picture == 0 && found.style == (test->p.styles ? 1 : MNET_NO_INPUT),
           "%s: %s", test->name, error->text);
    mnet_painting_default_options(inputs[0], output, NULL, &options);
    MnetSession *session = mnet_session_new(model, NULL, error);
    MnetImage *image = mnet_image_new(&frame, inputs[0], &options, error);
    MnetPainting *painting = mnet_painting_new(inputs[0], &options, output, NULL, error);
    EXPECT(session && image && painting, "%s: %s", test->name, error->text);
    if (session && image && painting) {
        if (test->p.styles)
            memcpy(mnet_session_input(session, 1), style, sizeof style);
        mnet_image_convert(image, &planes, mnet_session_input(session, 0));
        mnet_session_run(session);
        compare(test, painting, &options, test->p.styles ? style : NULL,
                mnet_session_output(session, 0));
    }
    mnet_painting_free(painting);
    mnet_image_free(image);
    mnet_session_free(session);
}

/* The numbers that a predictor makes of one colour. */
static void check_predictor(void)
{
    TbFile file = tb_style_predictor(5);
    MnetError error = { 0 };
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    EXPECT(session, "%s", error.text);
    if (session) {
        float *in = mnet_session_input(session, 0);
        for (int i = 0; i < 64 * 3; i++)
            in[i] = 0.25f * (float)(i % 3 + 1);
        mnet_session_run(session);
        const float *out = mnet_session_output(session, 0);
        EXPECT(mnet_model_output(model, 0)->elements == 5 && fabsf(out[0] - 0.25f) < 1e-5f &&
                   fabsf(out[1] - 0.5f) < 1e-5f && fabsf(out[2] - 0.75f) < 1e-5f && out[3] == 0,
               "%g %g %g %g", (double)out[0], (double)out[1], (double)out[2], (double)out[3]);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

int main(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    static const char *const names[] = { "float32", "int8", "uint8" };
    static const struct {
        const char *name;
        int32_t curve, styles;
        float sharp, blurred, bias;
        float tolerance; /* of bytes: steps of 16/255 of v, times the slope of the curve */
    } kinds[] = {
        { "logistic", TFL_OP_LOGISTIC, 0, 3, 3, -3, 4 },
        { "tanh", TFL_OP_TANH, 0, 1, 1, -1, 7 },
        { "sum", TFL_OP_ADD, 0, -0.75f, 1, 0.25f, 11 },
        { "identity", TFL_OP_ADD, 0, 0, 0, 0, 0.5f },
        { "style", TFL_OP_ADD, 7, 0.5f, 0, 0, 0 },
    };
    draw();
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t t = 0; t < 3; t++)
            for (int first = 0; first < 2; first++) {
                char name[64];
                snprintf(name, sizeof name, "%s of %s%s", kinds[k].name, names[t],
                         first ? ", channels first" : "");
                Case test = { name,
                              { types[t], W, H, kinds[k].curve, first, kinds[k].sharp,
                                kinds[k].blurred, kinds[k].bias, kinds[k].styles },
                              t ? kinds[k].tolerance : 0.52f };
                if (t && kinds[k].styles)
                    continue;
                TbFile file = tb_painter(&test.p);
                MnetError error = { 0 };
                MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
                EXPECT(model, "%s: %s", name, error.text);
                if (model)
                    run(&test, model, &error);
                mnet_model_unref(model);
                tb_file_free(&file);
            }
    check_predictor();
    return expect_report("painters");
}
