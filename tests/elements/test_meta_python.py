#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The metas as Python sees them through introspection: made, read in a pad probe,
# and kept beyond the life of their buffer.
import gc
import unittest

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstMobilenet', '1.0')
from gi.repository import GLib, Gst, GstMobilenet  # noqa: E402

Gst.init(None)


def result(index, label, score):
    made = GstMobilenet.ClassificationResult()
    made.index, made.label, made.score = index, label, score
    return made


def animals():
    return GstMobilenet.Classification.new(
        'net', 5, [result(282, 'tabby', 0.75), result(283, 'étirée', 0.25)])


def box(id, label, x, y, w, h):
    made = GstMobilenet.DetectionResult()
    made.id, made.index, made.label, made.score = id, 17, label, 0.5
    made.x, made.y, made.w, made.h = x, y, w, h
    return made


def street():
    return GstMobilenet.Detection.new(
        'ssd', 5, [box(0, 'dog', 1, 2, 3, 4), box(1, 'cat', -1, 0.5, 10, 20)])


def scene():
    place = GstMobilenet.SegmentationPlace()
    place.x, place.y, place.w, place.h = 0, 0, 40, 20
    place.seen_x, place.seen_y, place.seen_w, place.seen_h = 0, 0, 40, 20
    return GstMobilenet.Segmentation.new(
        'seg', 5, 4, 2, GLib.Bytes.new(bytes([0, 0, 0, 1, 0, 0, 1, 1])),
        GLib.Bytes.new(bytes([255, 255, 255, 51, 255, 255, 51, 51])), place,
        ['background', 'étang'], 0)


class ClassificationTest(unittest.TestCase):
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


class DetectionTest(unittest.TestCase):
    def setUp(self):
        self.buffer = Gst.Buffer.new()
        self.meta = GstMobilenet.buffer_add_mobilenet_detection_meta(self.buffer, street(), 7)

    def test_read(self):
        self.assertIsNone(GstMobilenet.buffer_get_mobilenet_detection_meta(Gst.Buffer.new()))
        meta = GstMobilenet.buffer_get_mobilenet_detection_meta(self.buffer)
        self.assertEqual(meta.age, 7)
        self.assertEqual(meta.detection.get_model(), 'ssd')
        self.assertEqual(meta.detection.get_source_pts(), 5)
        self.assertEqual(meta.get_n_results(), 2)
        self.assertEqual(tuple(meta.get_result(0)), (True, 0, 17, 'dog', 0.5))
        self.assertEqual(tuple(meta.get_box(1)), (True, -1, 0.5, 10, 20))
        self.assertFalse(meta.get_result(2)[0])
        self.assertFalse(meta.get_box(2)[0])
        self.assertEqual(meta.detection.get_n_key_points(0), 0)
        self.assertFalse(meta.detection.get_key_point(0, 0)[0])

    def test_second_stage(self):
        both = self.meta.detection.with_classifications([animals(), animals()])
        self.meta.set_detection(both)
        del both
        gc.collect()
        classification = self.meta.detection.get_classification(1, 0)
        self.assertEqual(classification.get_result(0).label, 'tabby')
        self.assertIsNone(self.meta.detection.get_classification(1, 1))

    def test_regions(self):
        detection = self.meta.detection
        self.assertEqual(GstMobilenet.buffer_add_mobilenet_detection_regions(
            self.buffer, detection, 320, 240), 2)

    def test_structure(self):
        structure = self.meta.to_structure()
        self.assertEqual(structure.get_name(), 'mobilenet-detection')
        self.assertEqual(structure.get_string('model'), 'ssd')


class SegmentationTest(unittest.TestCase):
    def setUp(self):
        self.buffer = Gst.Buffer.new()
        self.meta = GstMobilenet.buffer_add_mobilenet_segmentation_meta(
            self.buffer, scene(), 7)

    def test_read(self):
        self.assertIsNone(GstMobilenet.buffer_get_mobilenet_segmentation_meta(Gst.Buffer.new()))
        meta = GstMobilenet.buffer_get_mobilenet_segmentation_meta(self.buffer)
        self.assertEqual(meta.age, 7)
        self.assertEqual(meta.segmentation.get_model(), 'seg')
        self.assertEqual(meta.segmentation.get_background(), 0)
        self.assertEqual(meta.get_n_results(), 2)
        self.assertEqual(tuple(meta.get_result(1)), (True, 1, 'étang', 0.2, 0.375))
        self.assertFalse(meta.get_result(2)[0])
        self.assertEqual(tuple(meta.get_at(39, 9)), (True, 1, 0.2))
        self.assertFalse(meta.get_at(40, 9)[0])

    def test_maps(self):
        segmentation = self.meta.segmentation
        self.assertEqual(tuple(segmentation.get_size()), (4, 2))
        self.assertEqual(segmentation.get_classes().get_data(),
                         bytes([0, 0, 0, 1, 0, 0, 1, 1]))
        self.assertEqual(segmentation.get_confidences().get_data()[3], 51)
        self.assertEqual(segmentation.get_place().w, 40)

    def test_kept_beyond_the_buffer(self):
        kept = self.meta.segmentation.get_classes()
        self.meta = self.buffer = None
        gc.collect()
        self.assertEqual(kept.get_data()[3], 1)

    def test_structure(self):
        structure = self.meta.to_structure()
        self.assertEqual(structure.get_name(), 'mobilenet-segmentation')
        self.assertEqual(structure.get_string('model'), 'seg')


unittest.main()
