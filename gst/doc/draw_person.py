#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# draw_person.py: a person before hills, 512x288 pixels of RGB, to stdout: what
# effects.sh shows to a network.
import math
import sys

WIDTH, HEIGHT = 512, 288
HAIR, EYE = (60, 38, 25), (250, 250, 250)


def ellipse(x, y, cx, cy, rx, ry):
    """About the distance to its edge, negative inside."""
    return (math.hypot((x - cx) / rx, (y - cy) / ry) - 1) * min(rx, ry)


def box(x, y, cx, cy, rx, ry):
    return max(abs(x - cx) - rx, abs(y - cy) - ry)


def mix(a, b, share):
    return tuple(p + (q - p) * share for p, q in zip(a, b))


def over(below, color, distance):
    return mix(below, color, max(0, min(1, 0.5 - distance)))


def landscape(x, y):
    color = mix((60, 100, 165), (120, 150, 175), y / HEIGHT)
    color = over(color, (250, 240, 190), ellipse(x, y, 90, 60, 26, 26))
    color = over(color, (70, 110, 80), 170 + 30 * math.sin(x / 70) + 12 * math.sin(x / 23) - y)
    color = over(color, (45, 90, 60), 215 + 22 * math.sin(x / 50 + 2) - y)
    for tx, ty in ((40, 190), (120, 215), (400, 185), (460, 220), (350, 230)):
        color = over(color, (90, 60, 40), box(x, y, tx, ty, 4, 26))
        color = over(color, (35, 85, 45), ellipse(x, y, tx, ty - 40, 20, 28))
    return color


def face(color, x, y):
    shade = 16 * (x - 256) / 54
    skin = (228 - shade, 178 - shade, 148 - shade)
    color = over(color, skin, ellipse(x, y, 256, 134, 54, 68))
    color = over(color, HAIR, max(ellipse(x, y, 256, 104, 60, 60),
                                  -ellipse(x, y, 262, 146, 62, 66)))
    for eye in (234, 278):
        color = over(color, EYE, ellipse(x, y, eye, 128, 10, 6))
        color = over(color, (50, 35, 25), ellipse(x, y, eye, 128, 4.5, 4.5))
        color = over(color, HAIR, max(ellipse(x, y, eye, 116, 13, 5),
                                      -ellipse(x, y, eye, 119, 13, 5)))
    color = over(color, (190, 130, 105), ellipse(x, y, 256, 150, 6, 10))
    return over(color, (170, 70, 70), max(ellipse(x, y, 256, 172, 20, 10), 172 - y))


def person(color, x, y):
    color = over(color, (205, 195, 170), ellipse(x, y, 256, 300, 112, 92))
    color = over(color, (205, 150, 120), box(x, y, 256, 200, 22, 34))
    color = over(color, (205, 150, 120), ellipse(x, y, 256, 232, 30, 14))
    color = over(color, HAIR, ellipse(x, y, 256, 112, 66, 78))
    for ear in (200, 312):
        color = over(color, (215, 160, 130), ellipse(x, y, ear, 138, 9, 16))
    return face(color, x, y)


for row in range(HEIGHT):
    for column in range(WIDTH):
        x, y = column + 0.5, row + 0.5
        color = person(landscape(x, y), x, y)
        sys.stdout.buffer.write(bytes(max(0, min(255, int(c))) for c in color))
