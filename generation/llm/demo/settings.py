"""How the demo model behaves beyond answering: errors on request, latency for load tests."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """``error_rate`` (0 to 1) is the share of steps whose first reply breaks its schema, to be repaired.
    ``latency_ms`` is the median time a reply takes in ms (0: none), ``latency_sigma`` the spread of its logarithm;
    both are drawn from the request's seed. A request's instructions can raise the error rate: ``demo error_rate=0.3``.
    """

    error_rate: float = 0.0
    latency_ms: float = 0.0
    latency_sigma: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.error_rate <= 1:
            raise ValueError(f"error_rate is a share from 0 to 1, not {self.error_rate}")
        if self.latency_ms < 0 or self.latency_sigma < 0:
            raise ValueError("latency_ms and latency_sigma can't be negative")
