"""Samples of metrics, as Prometheus has them or as a process shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

_OURS = '{__name__=~"doorstep_.+",job="services"}'


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Samples:
    samples: Sequence[Sample]

    def has(self, name: str) -> bool:
        return any(sample.name == name for sample in self.samples)

    def total(self, name: str, labels: Mapping[str, str]) -> int:
        """Sum over all samples of this name that have these labels."""
        return round(sum(
            sample.value for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ))  # fmt: skip


def from_prometheus(url: str) -> Samples:
    """What Prometheus has of our processes just now. Raises httpx.HTTPError."""
    answer = httpx.get(
        f"{url}/api/v1/query", params={"query": _OURS}, timeout=15, trust_env=False, verify=url.startswith("https:")
    )
    answer.raise_for_status()
    return Samples([
        Sample(row["metric"]["__name__"], row["metric"], float(row["value"][1]))
        for row in answer.json()["data"]["result"]
    ])  # fmt: skip


def from_process(url: str) -> Samples:
    """What one process shows. Raises httpx.HTTPError."""
    answer = httpx.get(f"{url}/metrics", timeout=15, trust_env=False, verify=url.startswith("https:"))
    answer.raise_for_status()
    return Samples([
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    ])  # fmt: skip
