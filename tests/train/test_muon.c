/* SPDX-License-Identifier: MIT
 *
 * test_muon [TABLE]: orthogonal steps against the polynomial in double, and what it is
 * to do: rows (or columns) of about length 1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "expect.h"
#include "train/muon.h"
#include "train/random.h"

enum { MOST = 112 };
/* Singular values of what comes out of random matrices, and of the float's rounding. */
#define LEAST_VALUE 0.6
#define MOST_VALUE 1.3
#define ROUNDING 2e-4

typedef struct {
    size_t rows, columns;
    double v[MOST][MOST];
} Matrix;

static Matrix product(const Matrix *a, const Matrix *b)
{
    Matrix out = { .rows = a->rows, .columns = b->columns };
    for (size_t i = 0; i < a->rows; i++)
        for (size_t k = 0; k < a->columns; k++)
            for (size_t j = 0; j < b->columns; j++)
                out.v[i][j] += a->v[i][k] * b->v[k][j];
    return out;
}

static Matrix turned(const Matrix *a)
{
    Matrix out = { .rows = a->columns, .columns = a->rows };
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->columns; j++)
            out.v[j][i] = a->v[i][j];
    return out;
}

static Matrix sum(double a, const Matrix *x, double b, const Matrix *y)
{
    Matrix out = *x;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < x->columns; j++)
            out.v[i][j] = a * x->v[i][j] + b * y->v[i][j];
    return out;
}

static double size_of(const Matrix *a)
{
    double squares = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->columns; j++)
            squares += a->v[i][j] * a->v[i][j];
    return sqrt(squares);
}

static Matrix orthogonal(const Matrix *in)
{
    double size = size_of(in);
    Matrix x = sum(size > 0 ? 1 / size : 0, in, 0, in);
    for (int i = 0; i < 5; i++) {
        Matrix t = turned(&x), square = product(&x, &t);
        Matrix third = product(&square, &x), fifth = product(&square, &third);
        x = sum(3.4445, &x, -4.775, &third);
        x = sum(1, &x, 2.0315, &fifth);
    }
    return x;
}

/* Of the rows or columns, whichever are fewer. */
static void check_lengths(const char *name, const Matrix *x)
{
    Matrix t = turned(x), square = x->rows < x->columns ? product(x, &t) : product(&t, x);
    for (size_t i = 0; i < square.rows; i++)
        EXPECT(square.v[i][i] > LEAST_VALUE * LEAST_VALUE &&
                   square.v[i][i] < MOST_VALUE * MOST_VALUE,
               "%s: row %d has the square %g", name, (int)i, square.v[i][i]);
}

static Matrix draw(size_t rows, size_t columns)
{
    MnetRandom random = { rows * 1000 + columns };
    Matrix out = { .rows = rows, .columns = columns };
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            out.v[i][j] = (float)(2 * mnet_random_real(&random) - 1);
    return out;
}

static Matrix run(const MnetTrainKernels *kernels, const Matrix *in)
{
    float *values = mnet_calloc(in->rows * in->columns, sizeof *values);
    float *room = mnet_calloc(mnet_muon_room(in->rows, in->columns), sizeof *room);
    Matrix out = *in;
    for (size_t i = 0; values && i < in->rows * in->columns; i++)
        values[i] = (float)in->v[i / in->columns][i % in->columns];
    EXPECT(values && room, "memory");
    if (values && room) {
        mnet_muon_orthogonalize(kernels, in->rows, in->columns, values, room);
        for (size_t i = 0; i < in->rows * in->columns; i++)
            out.v[i / in->columns][i % in->columns] = values[i];
    }
    mnet_free(values);
    mnet_free(room);
    return out;
}

static void check(const MnetTrainKernels *kernels, size_t rows, size_t columns, double scale)
{
    char name[64];
    snprintf(name, sizeof name, "%s: %dx%d * %g", kernels->name, (int)rows, (int)columns, scale);
    Matrix in = draw(rows, columns);
    in = sum(scale, &in, 0, &in);
    Matrix out = run(kernels, &in), expected = orthogonal(&in), off = sum(1, &out, -1, &expected);
    EXPECT(size_of(&off) <= ROUNDING * (1 + size_of(&expected)), "%s: %g off", name, size_of(&off));
    if (scale > 0 && (rows > 2 * columns || columns > 2 * rows))
        check_lengths(name, &out);
}

int main(int argc, char **argv)
{
    const MnetKernels *core;
    if (argc > 1 && mnet_cpu_kernels(argv[1], &core, NULL) != MNET_OK)
        return 77;
    const MnetTrainKernels *kernels = mnet_train_kernels_select(argc > 1 ? argv[1] : "c");
    static const size_t sizes[][2] = { { 1, 1 },   { 1, 40 },  { 16, 27 },  { 8, 16 },
                                       { 40, 16 }, { 96, 16 }, { 17, 100 }, { 112, 33 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check(kernels, sizes[i][0], sizes[i][1], 1);
        check(kernels, sizes[i][0], sizes[i][1], 1e-12);
        check(kernels, sizes[i][0], sizes[i][1], 0);
    }
    return expect_report("muon");
}
