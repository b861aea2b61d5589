/* SPDX-License-Identifier: MIT
 *
 * The command line, as if its words stood in a key file. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "draft.h"

typedef enum
{
  OPTIONS_RUN,
  OPTIONS_DONE,                 /* the version or the help was printed */
  OPTIONS_BAD                   /* and complained of */
} OptionsResult;

/* GStreamer is initialised, too. */
OptionsResult options_read (int argc, char **argv, Draft * draft);

#endif
