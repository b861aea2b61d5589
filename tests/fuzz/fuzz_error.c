/* SPDX-License-Identifier: MIT
 *
 * What must hold for every refusal of the core. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"

void fuzz_check_error(const MnetError *error)
{
    size_t length = strnlen(error->text, sizeof error->text);
    if (error->status == MNET_OK)
        fuzz_fail("a refusal without a status");
    if (!length || length == sizeof error->text)
        fuzz_fail("a refusal without a text");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)error->text[i] < 0x20)
            fuzz_fail("a control character in an error");
    if (!mnet_utf8_valid(error->text, length))
        fuzz_fail("an error that is not UTF-8");
}
