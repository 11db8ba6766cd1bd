"""The metrics that Prometheus scrapes from a process."""

import re
from dataclasses import dataclass, field

import httpx

_SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    name: str
    value: float
    labels: dict[str, str] = field(hash=False)


def scrape(address: str) -> list[Sample]:
    response = httpx.get(f"http://{address}/metrics", timeout=30, trust_env=False)
    assert response.status_code == 200, response.text
    return [
        Sample(found["name"], float(found["value"]), dict(_LABEL.findall(found["labels"] or "")))
        for found in _SAMPLE.finditer(response.text)
    ]


def total(samples: list[Sample], name: str, **labels: str) -> float:
    """The sum of the samples with this name and these labels."""
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
