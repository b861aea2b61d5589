#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# exports.py READELF PATTERN LIBRARY: the library exports something, and only
# symbols whose whole name matches the pattern.
import re
import subprocess
import sys


def exported(readelf, library):
    text = subprocess.run([readelf, '-W', '--dyn-syms', library], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True).stdout
    for line in text.splitlines():
        # Num: Value Size Type Bind Vis Ndx Name
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(':').isdigit():
            continue
        kind, bind, section, name = fields[3], fields[4], fields[6], fields[7]
        if bind in ('GLOBAL', 'WEAK') and section != 'UND' and kind != 'FILE':
            yield name.split('@')[0]


def main(readelf, pattern, library):
    names = sorted(set(exported(readelf, library)))
    wrong = [name for name in names if not re.fullmatch(pattern, name)]
    for name in wrong:
        print('%s exports %s, only %s is allowed' % (library, name, pattern))
    print('%d symbols, %d wrong' % (len(names), len(wrong)))
    return 1 if wrong or not names else 0


sys.exit(main(*sys.argv[1:]))
