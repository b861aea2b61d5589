#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# layering.py ROOT: each room of the tree includes only what stands below it.
import os
import re
import sys

# Rooms of mobilenet-core by path, the first match counts, and what each may
# include besides itself.  The public headers are open to all but the kernels.
ROOMS = [
    ('include/mnet/', 'public'),
    ('kernels/', 'kernels'),
    ('base/', 'base'),
    ('graph/', 'graph'),
    ('format/', 'format'),
    ('ops/', 'ops'),
    ('decode/', 'decode'),
    ('image', 'image'),
    ('model', 'model'),
    ('program.', 'model'),
    ('infos.', 'model'),
    ('pool.', 'pool'),
    ('team.', 'pool'),
    ('session.', 'session'),
    ('train/', 'train'),
    ('tools/', 'tools'),
]
BELOW = {
    'public': set(),
    'kernels': set(),
    'base': {'kernels', 'public'},
    'graph': {'base', 'kernels', 'public'},
    'format': {'graph', 'base', 'kernels', 'public'},
    'ops': {'graph', 'base', 'kernels', 'public'},
    'decode': {'format', 'ops', 'graph', 'base', 'kernels', 'public'},
}
BELOW['image'] = BELOW['decode'] | {'decode'}
BELOW['model'] = BELOW['image'] | {'image'}
BELOW['pool'] = BELOW['model']
BELOW['session'] = BELOW['model'] | {'model', 'pool'}
BELOW['train'] = BELOW['session'] | {'session'}
BELOW['tools'] = {'public', 'train'}

KERNEL_HEADERS = {'stddef.h', 'stdint.h'}
# C may use what every machine of a target has.
ISA_HEADERS = {'c': {'emmintrin.h', 'arm_neon.h', 'math.h'},
               'x86': {'immintrin.h'}, 'arm': {'arm_neon.h', 'arm_acle.h', 'arm_sve.h',
                                               'math.h', 'string.h'}}
# What a table or a kernel leaves to the plain C one.
C_TABLE = 'kernels/c/table_c.h'

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    with open(path, encoding='utf-8') as source:
        for number, line in enumerate(source, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1] == '"', match[2]


def room_of(path):
    for prefix, room in ROOMS:
        if path.startswith(prefix):
            return room
    return None


def sources(folder):
    for where, _, files in os.walk(folder):
        for name in sorted(files):
            if name.endswith(('.c', '.h')):
                yield os.path.join(where, name)


def resolve(core, source, name):
    """The path in the core that an include means, or None for a foreign one."""
    if name.startswith('mnet/'):
        return 'include/' + name
    for folder in (os.path.dirname(source), core):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return os.path.relpath(path, core)
    # Made by orcc in the build folder.
    if name == 'image_rows_orc.h':
        return 'kernels/c/image_rows.orc'
    return None


def check_kernel(inside, name, target):
    """A file of an ISA's folder: the headers of kernels/, its own, its intrinsics, the C table."""
    isa = os.path.basename(os.path.dirname(inside))
    if isa not in ISA_HEADERS or name in KERNEL_HEADERS or name in ISA_HEADERS[isa]:
        return None
    if target and (target == C_TABLE or
                   os.path.dirname(target) in ('kernels', os.path.dirname(inside))):
        return None
    return 'a kernel includes kernels/, its folder, %s and few system headers, not %s' % (C_TABLE,
                                                                                          name)


def check_core(root):
    core = os.path.join(root, 'mobilenet-core')
    for path in sources(core):
        inside = os.path.relpath(path, core)
        room = room_of(inside)
        if room is None:
            yield path, 1, 'belongs to no room: name it in layering.py'
            continue
        for number, quoted, name in includes(path):
            target = resolve(core, path, name)
            if target is None:
                if quoted:
                    yield path, number, '"%s" is not in the core' % name
                elif name.startswith(('glib', 'gst/', 'gio/')):
                    yield path, number, 'the core knows neither GLib nor GStreamer: <%s>' % name
            elif room_of(target) not in BELOW[room] | {room}:
                yield path, number, '%s must not include %s: <%s>' % (room, room_of(target), name)
            if room == 'kernels':
                fault = check_kernel(inside, name, target)
                if fault:
                    yield path, number, fault


def check_gstreamer(root):
    for path in sources(os.path.join(root, 'meta')):
        for number, _, name in includes(path):
            if name.startswith('mnet/'):
                yield path, number, 'meta does not know the core: <%s>' % name
    core = os.path.join(root, 'mobilenet-core')
    for room in ('meta', 'gst', 'pipelines'):
        for path in sources(os.path.join(root, room)):
            for number, quoted, name in includes(path):
                here = os.path.join(os.path.dirname(path), name)
                if quoted and not os.path.exists(here) and os.path.exists(os.path.join(core, name)):
                    yield path, number, 'a private header of the core: "%s"' % name


def main(root):
    faults = list(check_core(root)) + list(check_gstreamer(root))
    for path, number, text in faults:
        print('%s:%d: %s' % (os.path.relpath(path, root), number, text))
    count = sum(1 for folder in ('mobilenet-core', 'meta', 'gst', 'pipelines')
                for _ in sources(os.path.join(root, folder)))
    print('%d files, %d faults' % (count, len(faults)))
    return 1 if faults or count == 0 else 0


sys.exit(main(os.path.abspath(sys.argv[1])))
