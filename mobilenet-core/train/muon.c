/* SPDX-License-Identifier: MIT
 *
 * The polynomial a x + b x^3 + c x^5 of a matrix, five times: singular values between
 * 0.003 and 1 come to between 0.68 and 1.21; it needs products alone. */
#include "train/muon.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { ROUNDS = 5 };

/* The matrix with its shorter side p as rows of q, both padded. */
typedef struct {
    size_t p, q;
    bool turned;
    float *z, *next; /* [p][q] */
    float *columns;  /* z turned: [q][p] */
    float *square;   /* z z^T, then what multiplies z: [p][p] */
    float *fourth;   /* its square: [p][p] */
} Room;

static Room measure(size_t rows, size_t columns)
{
    const bool turned = rows > columns;
    return (Room){ .p = mnet_round_up(turned ? columns : rows, MNET_TRAIN_CHANNELS),
                   .q = mnet_round_up(turned ? rows : columns, MNET_TRAIN_CHANNELS),
                   .turned = turned };
}

static Room divide(size_t rows, size_t columns, float *room)
{
    Room r = measure(rows, columns);
    r.z = room;
    r.next = r.z + r.p * r.q;
    r.columns = r.next + r.p * r.q;
    r.square = r.columns + r.p * r.q;
    r.fourth = r.square + r.p * r.p;
    return r;
}

size_t mnet_muon_room(size_t rows, size_t columns)
{
    Room r = measure(rows, columns);
    return 3 * r.p * r.q + 2 * r.p * r.p;
}

static void transpose(size_t rows, size_t columns, const float *in, size_t pitch, float *out,
                      size_t out_pitch)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            out[j * out_pitch + i] = in[i * pitch + j];
}

static void copy(size_t rows, size_t columns, const float *in, size_t pitch, float *out,
                 size_t out_pitch)
{
    for (size_t i = 0; i < rows; i++)
        memcpy(out + i * out_pitch, in + i * pitch, columns * sizeof *out);
}

/* To a size of 1: no singular value is larger. */
static void normalize(size_t n, float *values)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * values[i];
    const float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (size_t i = 0; i < n; i++)
        values[i] *= scale;
}

/* next = (a + b z z^T + c (z z^T)^2) z */
static void round_of(const MnetTrainKernels *kernels, Room *r)
{
    static const float a = 3.4445f, b = -4.775f, c = 2.0315f;
    const size_t p = r->p, q = r->q;
    transpose(p, q, r->z, q, r->columns, p);
    memset(r->square, 0, p * p * sizeof *r->square);
    memset(r->fourth, 0, p * p * sizeof *r->fourth);
    memset(r->next, 0, p * q * sizeof *r->next);
    kernels->gemm_tn(q, p, p, r->columns, p, r->columns, p, r->square, p);
    kernels->gemm_tn(p, p, p, r->square, p, r->square, p, r->fourth, p);
    for (size_t i = 0; i < p * p; i++)
        r->square[i] = b * r->square[i] + c * r->fourth[i];
    for (size_t i = 0; i < p; i++)
        r->square[i * p + i] += a;
    kernels->gemm_tn(p, p, q, r->square, p, r->z, q, r->next, q);
    float *swap = r->z;
    r->z = r->next;
    r->next = swap;
}

void mnet_muon_orthogonalize(const MnetTrainKernels *kernels, size_t rows, size_t columns,
                             float *matrix, float *room)
{
    Room r = divide(rows, columns, room);
    memset(r.z, 0, r.p * r.q * sizeof *r.z);
    (r.turned ? transpose : copy)(rows, columns, matrix, columns, r.z, r.q);
    normalize(r.p * r.q, r.z);
    for (int i = 0; i < ROUNDS; i++)
        round_of(kernels, &r);
    if (r.turned)
        transpose(columns, rows, r.z, r.q, matrix, columns);
    else
        copy(rows, columns, r.z, r.q, matrix, columns);
}
