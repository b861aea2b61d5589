/* SPDX-License-Identifier: MIT
 *
 * MobileNet inference in C: umbrella header and one worked example.
 *
 *     MnetError error;
 *     MnetModel *model = mnet_model_load("mobilenet.tflite", NULL, &error);
 *     if (!model) {
 *         fprintf(stderr, "%s\n", error.text);
 *         return 1;
 *     }
 *     MnetSession *session = mnet_session_new(model, NULL, &error);
 *     MnetFrameInfo frame = { MNET_PIXEL_RGB, 640, 480, MNET_MATRIX_BT601, true };
 *     MnetNormalization told; // by the file's metadata, if it has some
 *     bool tells = mnet_model_normalization(model, 0, &told);
 *     MnetImageOptions how;   // else guessed from the input's type and range
 *     mnet_image_default_options(mnet_model_input(model, 0), tells ? &told : NULL, &how);
 *     MnetImage *image = mnet_image_new(&frame, mnet_model_input(model, 0), &how, &error);
 *     MnetClassifier *decoder = mnet_classifier_new(mnet_model_output(model, 0),
 *                                                   mnet_model_labels(model, 0), &error);
 *     // each NULL above is an error, as for the model
 *
 *     MnetPlanes planes = { { rgb }, { 640 * 3 } };          // for every frame:
 *     MnetClass best[5];
 *     mnet_image_convert(image, &planes, mnet_session_input(session, 0));
 *     mnet_session_run(session);
 *     size_t n = mnet_classifier_decode(decoder, mnet_session_output(session, 0), 5, 0, best);
 *     for (size_t i = 0; i < n; i++)
 *         printf("%u %.3f %s\n", best[i].index, best[i].score, best[i].label);
 *
 *     mnet_classifier_free(decoder);
 *     mnet_image_free(image);
 *     mnet_session_free(session);
 *     mnet_model_unref(model);
 *
 * Functions that can fail return NULL (or a status) and fill a caller-owned
 * MnetError; all others cannot fail.  Nothing aborts, prints or keeps state
 * outside its objects.
 *
 * Everywhere: pointers are not NULL unless it is said that they may be.  Models,
 * labels and pools, and what is const, may be used by any number of threads at
 * once; every other object by one at a time. */
#ifndef MNET_MNET_H
#define MNET_MNET_H

#include <mnet/common.h>
#include <mnet/decode.h>
#include <mnet/detect.h>
#include <mnet/image.h>
#include <mnet/model.h>
#include <mnet/painting.h>
#include <mnet/session.h>
#include <mnet/tensor.h>

#endif
