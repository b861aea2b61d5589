/* SPDX-License-Identifier: MIT
 *
 * FlexBuffers: the options of custom operators. */
#include <string.h>

#include "flatwriter.h"
#include "tflitebuilder.h"

/* Width of every slot, and its logarithm. */
#define SLOT 4
#define SLOT_LOG 2

static void append(TbFile *file, const void *bytes, size_t size)
{
    file->data = flat_writer_realloc(file->data, file->size + size);
    memcpy(file->data + file->size, bytes, size);
    file->size += size;
}

static void append_u32(TbFile *file, uint32_t value)
{
    const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24) };
    append(file, bytes, sizeof bytes);
}

static void append_byte(TbFile *file, int value)
{
    const uint8_t byte = (uint8_t)value;
    append(file, &byte, 1);
}

static void append_number(TbFile *file, const TbFlexField *field)
{
    float number = (float)field->value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    append_u32(file, field->kind == 'f' ? bits : (uint32_t)(int32_t)field->value);
}

static int packed_type(char kind)
{
    int type = kind == 'i' ? 1 : kind == 'f' ? 3 : kind == 'b' ? 26 : 0;
    return type << 2 | SLOT_LOG;
}

TbFile tb_flex_map(const TbFlexField *fields, int n)
{
    TbFile file = { NULL, 0 };
    size_t names[64], keys;
    for (int i = 0; i < n; i++) {
        names[i] = file.size;
        append(&file, fields[i].name, strlen(fields[i].name) + 1);
    }
    while (file.size % SLOT)
        append_byte(&file, 0);
    append_u32(&file, (uint32_t)n);
    keys = file.size;
    for (int i = 0; i < n; i++)
        append_u32(&file, (uint32_t)(file.size - names[i]));
    append_u32(&file, (uint32_t)(file.size - keys));
    append_u32(&file, SLOT);
    append_u32(&file, (uint32_t)n);
    size_t map = file.size;
    for (int i = 0; i < n; i++)
        append_number(&file, &fields[i]);
    for (int i = 0; i < n; i++)
        append_byte(&file, packed_type(fields[i].kind));
    append_byte(&file, (int)(file.size - map)); /* the root's slot */
    append_byte(&file, 9 << 2 | SLOT_LOG);
    append_byte(&file, 1);
    return file;
}

TbFile tb_post_process_options(const TbPostProcess *p)
{
    const TbFlexField fields[] = { { "detections_per_class", 'i', p->per_class },
                                   { "h_scale", 'f', 5 },
                                   { "max_classes_per_detection", 'i', p->max_classes },
                                   { "max_detections", 'i', p->max_detections },
                                   { "nms_iou_threshold", 'f', (double)p->iou_threshold },
                                   { "nms_score_threshold", 'f', (double)p->score_threshold },
                                   { "num_classes", 'i', p->n_classes },
                                   { "use_regular_nms", 'b', p->regular },
                                   { "w_scale", 'f', 5 },
                                   { "x_scale", 'f', 10 },
                                   { "y_scale", 'f', 10 } };
    return tb_flex_map(fields, sizeof fields / sizeof *fields);
}
