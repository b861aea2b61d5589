#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The classification meta as Python sees it through introspection: made, read
# in a pad probe, and kept beyond the life of its buffer.
import gc
import unittest

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstMobilenet', '1.0')
from gi.repository import Gst, GstMobilenet  # noqa: E402

Gst.init(None)


def result(index, label, score):
    made = GstMobilenet.ClassificationResult()
    made.index, made.label, made.score = index, label, score
    return made


def animals():
    return GstMobilenet.Classification.new(
        'net', 5, [result(282, 'tabby', 0.75), result(283, 'étirée', 0.25)])


class MetaTest(unittest.TestCase):
    def test_read(self):
        buffer = Gst.Buffer.new()
        self.assertIsNone(GstMobilenet.buffer_get_mobilenet_classification_meta(buffer))
        GstMobilenet.buffer_add_mobilenet_classification_meta(buffer, animals(), 7)
        meta = GstMobilenet.buffer_get_mobilenet_classification_meta(buffer)
        self.assertEqual(meta.age, 7)
        self.assertEqual(meta.classification.get_model(), 'net')
        self.assertEqual(meta.classification.get_source_pts(), 5)
        self.assertEqual(meta.get_n_results(), 2)
        self.assertEqual(tuple(meta.get_result(0)), (True, 282, 'tabby', 0.75))
        self.assertEqual(tuple(meta.get_result(1)), (True, 283, 'étirée', 0.25))
        self.assertFalse(meta.get_result(2)[0])

    def test_for_model(self):
        buffer = Gst.Buffer.new()
        GstMobilenet.buffer_add_mobilenet_classification_meta(buffer, animals(), 7)
        find = GstMobilenet.buffer_get_mobilenet_classification_meta_for_model
        self.assertEqual(find(buffer, 'net').age, 7)
        self.assertIsNone(find(buffer, 'other'))

    def test_kept_beyond_the_buffer(self):
        buffer = Gst.Buffer.new()
        GstMobilenet.buffer_add_mobilenet_classification_meta(buffer, animals(), 7)
        kept = GstMobilenet.buffer_get_mobilenet_classification_meta(buffer).classification
        del buffer
        gc.collect()
        self.assertEqual(tuple(kept.get_result(0)), (True, 282, 'tabby', 0.75))

    def test_structure(self):
        buffer = Gst.Buffer.new()
        meta = GstMobilenet.buffer_add_mobilenet_classification_meta(buffer, animals(), 7)
        structure = meta.to_structure()
        self.assertEqual(structure.get_name(), 'mobilenet-classification')
        self.assertEqual(structure.get_uint64('age'), (True, 7))
        self.assertEqual(structure.get_string('model'), 'net')

    def test_probe(self):
        pipeline = Gst.parse_launch('videotestsrc num-buffers=3 ! identity name=mark ! '
                                    'videoconvert ! video/x-raw,format=RGB ! fakesink name=sink')
        seen = []

        def read(_pad, info):
            meta = GstMobilenet.buffer_get_mobilenet_classification_meta(info.get_buffer())
            seen.append(meta and meta.get_result(0).label)
            return Gst.PadProbeReturn.OK

        def mark(_element, buffer):
            GstMobilenet.buffer_add_mobilenet_classification_meta(buffer, animals(), 0)

        pipeline.get_by_name('mark').connect('handoff', mark)
        pipeline.get_by_name('sink').get_static_pad('sink').add_probe(
            Gst.PadProbeType.BUFFER, read)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        self.assertEqual(message.type, Gst.MessageType.EOS)
        self.assertEqual(seen, ['tabby'] * 3)


unittest.main()
