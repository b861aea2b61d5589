#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# tree.py ROOT: file names that are unique, a licence line in every source, no
# file over 600 lines, no note left for later, nothing of a developer's machine.
import os
import re
import sys

# Each folder may have one of these.
REPEATED = {'meson.build', 'README.md', 'run'}
SOURCES = ('.c', '.h', '.cc', '.py', '.sh', '.orc', '.supp')
MOST_LINES = 600
FORBIDDEN = [
    (re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX)\b'), 'a note left for later'),
    (re.compile(r'(?<![\w.$}*])/(home|root|work|tmp)/\w'), "a folder of somebody's machine"),
    (re.compile(r'\b(deb|ftp|security|archive)\.debian\.org\b'), "a registry's host"),
]


def files(root):
    for where, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f != '.git' and f != '__pycache__'
                      and not (where == root and f.startswith('build'))]
        for name in sorted(names):
            yield os.path.join(where, name)


def is_source(path, text):
    return path.endswith(SOURCES) or text.startswith('#!')


def check(path):
    with open(path, 'rb') as file:
        data = file.read()
    if b'\0' in data:
        return
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError:
        yield 1, 'is not UTF-8'
        return
    lines = text.splitlines()
    if is_source(path, text):
        if not any('SPDX-License-Identifier: MIT' in line for line in lines[:2]):
            yield 1, 'the first line is not SPDX-License-Identifier: MIT'
        if len(lines) > MOST_LINES:
            yield len(lines), 'more than %d lines' % MOST_LINES
    if text and not text.endswith('\n'):
        yield len(lines), 'no newline at the end'
    for number, line in enumerate(lines, 1):
        for pattern, what in FORBIDDEN:
            if pattern.search(line):
                yield number, what
        if line != line.rstrip():
            yield number, 'blanks at the end of the line'


def main(root):
    faults, count, seen = 0, 0, {}
    for path in files(root):
        count += 1
        name = os.path.basename(path)
        found = list(check(path))
        if name in seen and name not in REPEATED:
            found.append((1, 'has the name of ' + seen[name]))
        seen.setdefault(name, os.path.relpath(path, root))
        for number, text in found:
            faults += 1
            print('%s:%d: %s' % (os.path.relpath(path, root), number, text))
    print('%d files, %d faults' % (count, faults))
    return 1 if faults or count == 0 else 0


sys.exit(main(os.path.abspath(sys.argv[1])))
