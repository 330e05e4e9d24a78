"""Model endpoints: the offline demo model, and the one the environment describes."""

from studio.models import Endpoint


def ensure_demo_endpoint() -> Endpoint:
    """The endpoint named ``demo``: no key, no network."""
    return Endpoint.objects.get_or_create(
        name="demo", defaults={"kind": Endpoint.Kind.DEMO, "model": "demo", "concurrency": 64}
    )[0]


def ensure_environment_endpoint(*, base_url: str, model: str) -> Endpoint:
    """The endpoint named ``openai`` as the environment describes it now. Its key stays in the environment."""
    return Endpoint.objects.update_or_create(
        name="openai",
        defaults={"kind": Endpoint.Kind.OPENAI, "base_url": base_url, "model": model, "is_from_environment": True},
    )[0]
