#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# headers.py LANGUAGE STANDARD FLAGS FOLDER PREFIX COMPILER...: each header of
# FOLDER compiles alone, and twice in one file, as <PREFIX/NAME> in that
# language without a warning.  FLAGS is one argument, split at blanks.
import os
import shlex
import subprocess
import sys


def main(language, standard, flags, folder, prefix, *compiler):
    headers = ['%s/%s' % (prefix, name) for name in sorted(os.listdir(folder))
               if name.endswith('.h')]
    command = [*compiler, '-x', language, '-std=' + standard, '-Wall', '-Wextra', '-Werror',
               '-fsyntax-only', *shlex.split(flags), '-']
    faults = 0
    for header in headers:
        text = '#include <%s>\n#include <%s>\n' % (header, header)
        run = subprocess.run(command, input=text, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, universal_newlines=True)
        if run.returncode:
            faults += 1
            print('<%s> does not compile alone as %s:\n%s' % (header, standard, run.stdout))
    print('%d headers, %d faults' % (len(headers), faults))
    return 1 if faults or not headers else 0


sys.exit(main(*sys.argv[1:]))
