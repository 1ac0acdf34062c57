"""CloudWatch's embedded metric format: what its specification demands of a line, as checks.

Source: CloudWatch user guide, "Specification: Embedded metric format"; limits of PutMetricData's MetricDatum."""

import json
import time

UNITS = {
    "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
    "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
    "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
    "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
}  # fmt: skip
TWO_WEEKS = 14 * 24 * 3600 * 1000


def measurements(line: str) -> list[tuple[str, str, dict[str, str], float]]:
    """(name, unit, dimensions, value) of each metric in a line; AssertionError where it breaks a rule."""
    assert len(line.encode()) <= 256 * 1024, "larger than a log event"
    document = json.loads(line)
    meta = document["_aws"]
    assert isinstance(meta["Timestamp"], int), meta
    assert abs(meta["Timestamp"] - time.time() * 1000) < TWO_WEEKS, "not in milliseconds since 1970"
    assert meta["CloudWatchMetrics"], meta
    return [one for directive in meta["CloudWatchMetrics"] for one in _of_directive(directive, document)]


def _of_directive(directive: dict, document: dict) -> list[tuple[str, str, dict[str, str], float]]:
    assert 1 <= len(directive["Namespace"]) <= 255, directive
    assert directive["Namespace"].isascii() and not directive["Namespace"].startswith(":"), directive
    assert 1 <= len(directive["Metrics"]) <= 100, "more than 100 metrics"
    assert directive["Dimensions"], "no dimension set"
    found = []
    for dimensions in directive["Dimensions"]:
        assert len(dimensions) == len(set(dimensions)) <= 30, dimensions
        labels = {name: _dimension(name, document) for name in dimensions}
        found += [(*_metric(metric, document), labels) for metric in directive["Metrics"]]
    return [(name, unit, labels, value) for name, unit, value, labels in found]


def _dimension(name: str, document: dict) -> str:
    assert 1 <= len(name) <= 250 and name.isascii() and not name.startswith(":"), name
    value = document[name]
    assert isinstance(value, str) and 1 <= len(value) <= 1024 and value.isascii() and value.strip(), (name, value)
    return value


def _metric(metric: dict, document: dict) -> tuple[str, str, float]:
    name, unit = metric["Name"], metric.get("Unit", "None")
    assert metric.keys() <= {"Name", "Unit", "StorageResolution"} and 1 <= len(name) <= 1024, metric
    assert unit in UNITS, metric
    assert metric.get("StorageResolution", 60) in (1, 60), metric
    value = document[name]
    if isinstance(value, dict):
        assert value.keys() <= {"Values", "Counts"} and len(value["Values"]) <= 150, value
        value = sum(number * count for number, count in zip(value["Values"], value["Counts"], strict=True))
    assert isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**360, (name, value)
    return name, unit, value
