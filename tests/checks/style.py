#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# style.py ROOT core|gstreamer [--fix]: the sources are what the formatter makes
# of them: clang-format 14 for the core and its tests (other versions format
# otherwise), GNU indent with GStreamer's options for the rest.  Exit 77
# (skipped) without the formatter.
import os
import shutil
import subprocess
import sys

FOLDERS = {
    'core': ['mobilenet-core', 'tests/support', 'tests/unit', 'tests/train', 'tests/kernels',
             'tests/golden', 'tests/fuzz', 'tests/bench'],
    'gstreamer': ['gst', 'meta', 'pipelines', 'tests/elements', 'tests/pipelines'],
}
CLANG_FORMAT = ['clang-format', '--style=file', '--assume-filename']
# GStreamer's own; indent may need a second pass over its own result.
INDENT = ['indent', '--braces-on-if-line', '--case-brace-indentation0', '--case-indentation2',
          '--braces-after-struct-decl-line', '--line-length80', '--no-tabs', '--cuddle-else',
          '--dont-line-up-parentheses', '--continuation-indentation4', '--honour-newlines',
          '--tab-size8', '--indent-level2', '--leave-preprocessor-space']


def sources(root, folders, suffixes):
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(suffixes):
                    yield os.path.join(where, name)


def run(command, text, root):
    done = subprocess.run(command, input=text, cwd=root, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit('%s: %s' % (command[0], done.stderr.decode()))
    return done.stdout


def formatted(kind, path, text, root):
    if kind == 'core':
        return run([*CLANG_FORMAT, path], text, root)
    return run([*INDENT, '-st', '-'], run([*INDENT, '-st', '-'], text, root), root)


def is_there(tool):
    if not shutil.which(tool):
        return False
    version = subprocess.run([tool, '--version'], stdout=subprocess.PIPE).stdout.decode()
    return tool != CLANG_FORMAT[0] or ' version 14.' in version


def main(root, kind, *options):
    tool = CLANG_FORMAT[0] if kind == 'core' else INDENT[0]
    if not is_there(tool):
        print(tool + ' is not there, or not in the version wanted')
        return 77
    count = faults = 0
    # indent guesses declarations badly in headers; upstream formats only .c too.
    for path in sources(root, FOLDERS[kind], ('.c', '.h') if kind == 'core' else ('.c',)):
        count += 1
        with open(path, 'rb') as file:
            text = file.read()
        wanted = formatted(kind, path, text, root)
        if wanted == text:
            continue
        if '--fix' in options:
            with open(path, 'wb') as file:
                file.write(wanted)
            continue
        faults += 1
        print('%s is not as %s makes it' % (os.path.relpath(path, root), tool))
        differ(path, wanted)
    print('%d files, %d faults' % (count, faults))
    if faults:
        print('mend: python3 tests/checks/style.py . %s --fix' % kind)
    return 1 if faults or count == 0 else 0


def differ(path, wanted):
    diff = subprocess.run(['diff', '-u', path, '-'], input=wanted, stdout=subprocess.PIPE).stdout
    print('\n'.join(diff.decode().splitlines()[2:22]))


sys.exit(main(os.path.abspath(sys.argv[1]), *sys.argv[2:]))
