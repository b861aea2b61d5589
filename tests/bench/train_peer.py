#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""train_peer.py BENCH_TRAIN [ROUNDS]: training of MobileNet V2 0.5 (stem stride 1, 32x32,
10 classes, batches of 64, forward and back) by bench_train and by PyTorch with
channels_last, in turn, two threads each; pictures a second and their ratio.  Debian has
PyTorch as python3-torch."""
import re
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

BATCH, CLASSES, SIDE, THREADS, SECONDS = 64, 10, 32, 2, 5
WIDTH = 0.5
# expansion, channels, blocks, stride (arXiv 1801.04381, table 2)
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
          (6, 160, 3, 2), (6, 320, 1, 1))


def scaled(channels):
    value = channels * WIDTH
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def convolution(inputs, outputs, kernel=1, stride=1, groups=1, activation=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU6(inplace=True)) if activation else nn.Sequential(*layers)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        layers = [convolution(inputs, wide)] if expansion > 1 else []
        layers += [convolution(wide, wide, 3, stride, wide),
                   convolution(wide, outputs, activation=False)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


def mobilenet():
    channels = scaled(32)
    layers = [convolution(3, channels, 3, 1)]
    for expansion, outputs, blocks, stride in STAGES:
        for i in range(blocks):
            layers.append(Block(channels, scaled(outputs), stride if i == 0 else 1, expansion))
            channels = scaled(outputs)
    layers += [convolution(channels, 1280), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
               nn.Linear(1280, CLASSES)]
    return nn.Sequential(*layers)


def multiply_adds(network):
    """Of one picture: what bench_train is to tell, too."""
    counts = []

    def count(layer, inputs, output):
        weights = layer.weight.numel()
        counts.append(weights * (output.shape[2] * output.shape[3] if output.dim() == 4 else 1))

    hooks = [layer.register_forward_hook(count) for layer in network.modules()
             if isinstance(layer, (nn.Conv2d, nn.Linear))]
    network(torch.zeros(2, 3, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return sum(counts)


def peer_rates(network):
    """Pictures a second of each step."""
    pictures = torch.rand(BATCH, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    classes = torch.arange(BATCH) % CLASSES
    loss_of = nn.CrossEntropyLoss()
    rates, begin = [], time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        before = time.perf_counter()
        network.zero_grad(set_to_none=True)
        loss_of(network(pictures), classes).backward()
        rates.append(BATCH / (time.perf_counter() - before))
    return rates


def own_rates(program):
    """At best and in the mean, and multiply-adds in millions."""
    text = subprocess.run([program, str(WIDTH), str(BATCH), str(THREADS), str(SECONDS)],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"(\d+) pictures a second at best, (\d+) in the mean, ([\d.]+) M", text)
    if not found:
        sys.exit(f"{program} tells no figures: {text}")
    return [float(number) for number in found.groups()]


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: train_peer.py BENCH_TRAIN [ROUNDS]")
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.set_num_threads(THREADS)
    network = mobilenet()
    adds = multiply_adds(network) / 1e6
    network = network.to(memory_format=torch.channels_last)
    peer_rates(network)
    best, mean = [], []
    for number in range(rounds):
        peer = peer_rates(network)
        own_best, own_mean, own_adds = own_rates(program)
        if abs(own_adds - adds) > 0.01 * adds:
            sys.exit(f"{own_adds} M multiply-adds against {adds:.2f} M: not the same network")
        peer_mean = len(peer) / sum(1 / rate for rate in peer)
        best.append(own_best / max(peer))
        mean.append(own_mean / peer_mean)
        print(f"{number + 1}: mnet {own_mean:.0f} a second ({own_best:.0f} at best), "
              f"PyTorch {torch.__version__} {peer_mean:.0f} ({max(peer):.0f}): "
              f"{mean[-1]:.2f} ({best[-1]:.2f}) times as many")
    print(f"median: {statistics.median(mean):.2f} in the mean, "
          f"{statistics.median(best):.2f} at best")


if __name__ == "__main__":
    main()
