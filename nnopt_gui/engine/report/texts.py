"""Every English word of a report, in one place; translations are in ``resources/translations``, context "Report"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "report": "Optimisation report",
        "title": "{model} on {data}",
        "no_data": "no data",
        "pair": "{name}: {value}",
        "comma": ", ",
        "counted": "{count} {what}",
        # question and answer
        "question": "The question",
        "question_text": "How small and how fast can {model} become, and what does that cost in accuracy on {data}?",
        "question_no_data": "How small and how fast can {model} become? No data were given, so accuracy is unknown.",
        "tried": "{total} recipes were tried: {states}.",
        "tried_none": "Nothing was tried yet.",
        "original_is": "The original takes {size}, answers in {latency} ms and is right on {accuracy} % {range} of "
        "{n} images.",
        "answer_pinned": "Chosen by hand:",
        "answer_smallest": "The smallest file that loses at most {drop} percentage point:",
        "answer_none": "No trial loses {drop} percentage point or less.",
        "chosen_text": "{label} (#{number}): {size}, {size_change} in size; {accuracy} % {range}, {points} pp "
        "{points_range} "
        "against the original on the same images; {latency} ms{speed}.",
        "speed": ", {change} in latency measured side by side",
        "note": "Note",
        "state.done": "done",
        "state.failed": "failed",
        "state.cancelled": "cancelled",
        "state.running": "running",
        "state.interrupted": "interrupted",
        # families
        "family.original": "original",
        "family.quantized": "quantised",
        "family.pruned": "pruned",
        "family.distilled": "distilled",
        "family.combined": "combined",
        # plots
        "plots": "Accuracy against size and latency",
        "by_size": "Accuracy against size on disk",
        "by_latency": "Accuracy against latency",
        "x_size": "Size on disk, kB (logarithmic)",
        "x_latency": "Latency of one image, ms (logarithmic)",
        "y_accuracy": "Top-1 accuracy, %",
        "nothing": "Nothing was measured for this plot.",
        "plot_caption": "Bars are 95 % intervals. The line is the Pareto front: nothing measured is both better and "
        "{cheaper}. Numbers are the trials on the front or within noise of it.",
        "smaller": "smaller",
        "faster": "faster",
        "other_machine": "another machine: not compared",
        "foreign_caption": "Hollow points with a letter were measured on another machine (see Machines); they take "
        "no part in "
        "this front.",
        # front
        "front": "The front",
        "front_lead": "The trials that no other beats in both accuracy and size, or in both accuracy and latency.",
        "ties": "Cannot be told from the front of accuracy against size: {names}. Were their true values at the good "
        "ends "
        "of their intervals, they would be on it.",
        "no_ties": "No other trial comes within noise of the front of accuracy against size.",
        "front.size": "size",
        "front.latency": "latency",
        # columns
        "c.number": "#",
        "c.recipe": "Recipe",
        "c.front": "Front",
        "c.state": "State",
        "c.accuracy": "Top-1 %",
        "c.drop": "Change pp",
        "c.agreement": "Agreement %",
        "c.size": "Size",
        "c.latency": "p50 ms",
        "c.p95": "p95 ms",
        "c.macs": "MACs",
        "c.params": "Parameters",
        "c.seconds": "Took",
        "c.sha": "SHA-256",
        # steps
        "steps": "What each step cost and gave",
        "steps_lead": "Recipes of more than one step, taken apart as far as the study holds the pieces. Changes are "
        "against "
        "the original.",
        "steps_none": "No trial on the front has more than one step.",
        "step.original": "original",
        "step.student": "+ student",
        "step.prune": "+ pruning",
        "step.train": "+ training",
        "step.quantize": "+ quantisation",
        "without.student": "without the student",
        "without.prune": "without pruning",
        "without.train": "without training",
        "without.quantize": "without quantisation",
        "step_missing": "not measured in this study",
        # trials
        "trials": "All trials",
        "hint": "Hint",
        # data
        "data": "Data and splits",
        "d.model": "Model",
        "d.model_hash": "Its SHA-256",
        "d.architecture": "Architecture",
        "d.input": "Input",
        "d.data": "Data",
        "d.data_hash": "Its fingerprint",
        "d.splits": "Splits",
        "d.split_seed": "Seed of the splits",
        "d.preprocessing": "Preprocessing",
        "d.prepared": "{size}, {channels} channels, mean {mean}, std {std}",
        "d.counts": "{architecture}, {params} parameters, {macs} MACs",
        "d.classes": "Classes",
        "sealed": "Everything here was chosen and measured on the selection split. The test split has not been opened.",
        "unsealed": "Everything was chosen on the selection split. The test split was opened {count}; its figures "
        "are under "
        "Confirmed on the test split.",
        "once": "once",
        "times": "{count} times",
        # confirmations
        "confirmed": "Confirmed on the test split",
        "confirmed_lead": "The selection split has seen every choice, so its figures flatter what was chosen. The "
        "test split "
        "has seen none; every opening of it is on record.",
        "confirmed_again": "It was opened more than once: figures after the first are choices like any other.",
        "confirmed_open": "opened, but the figures never came",
        "confirmed_text": "#{trial}: {accuracy} % {range} of {n} test images, original {baseline} %, {points} pp "
        "{points_range}, McNemar p = {p}",
        "c.opened": "Opened (UTC)",
        "c.original": "Original %",
        "c.p": "McNemar p",
        "notes": "Notes",
        # machines
        "machines": "Machines",
        "machine_main": "Latencies in this report come from one machine.",
        "machine_many": "Measurements come from {count} machines or set-ups. Latencies are compared on the first "
        "only; the "
        "others carry their letter.",
        "m.letter": "Mark",
        "m.cpu": "CPU",
        "m.flags": "Instruction sets",
        "m.cores": "Cores",
        "m.threads": "Threads",
        "m.system": "System",
        "m.runtime": "Runtime",
        "m.trials": "Trials",
        "noisy": "busy machine",
        "noisy_text": "The machine was busy, or times did not settle, while these were timed: {names}. Their "
        "latencies are "
        "less certain than their intervals say.",
        # method
        "method": "How this was measured",
        "method.file": "Every number belongs to a file: the ONNX model was written, loaded again and measured in "
        "{runtime}.",
        "method.accuracy": "Accuracy is top-1 on {n} images of the selection split, with Wilson's 95 % interval.",
        "method.drop": "Changes in accuracy are paired: both models on the same images, Tango's 95 % score interval. "
        "Agreement is the share of images on which both give the same class.",
        "method.latency": "Latency is wall-clock time of one image (batch {batch}, threads: {threads}), in short "
        "blocks that "
        "alternate with the original's; p50 and p95 of {repeats} runs after {warmup} to warm up, with a 95 % bootstrap "
        "interval of the median over blocks.",
        "method.size": "Size is bytes on disk. MACs are multiply-accumulates of convolutions, linear layers and matrix "
        "products of one image; parameters are those of the deployed graph, zeros included.",
        "method.front": "A trial is on a front if no other is at least as good in both values and better in one. It "
        "is tied "
        "if it would be on the front at the good ends of its intervals.",
        # forecasts
        "forecasts": "Predicted against measured",
        "forecasts_lead": "What the sliders say about each recipe before anything runs, worked out again from the "
        "study's "
        "profile of the network, beside what was measured. Latency beside the sliders is a rough guess.",
        "f.predicted": "predicted",
        "f.measured": "measured",
        "f.error": "error",
        "f.head": "{column}, {kind}",
        "f.worst": "Largest error in size: {size}; in MACs: {macs}.",
        # reproduction
        "reproduction": "Make it again",
        "reproduction_lead": "The command makes, measures and saves the model. To certify a trial against this "
        "study, use "
        "nnopt reproduce with the study file.",
        "written": "Written by nnopt {version} from a study of {trials} trials, last measured {until}.",
        "dash": "—",
    }
)
