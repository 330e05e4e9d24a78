"""The registry of presets: what a person can export to, by name."""

from generation.errors import InvalidInput
from generation.formats.deepfabric import DeepFabricPreset
from generation.formats.native import NativePreset
from generation.formats.openai import OpenAIPreset
from generation.formats.preset import Preset
from generation.formats.trl import TRLPreset

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (OpenAIPreset(), TRLPreset(), DeepFabricPreset(), NativePreset())
}


def preset_named(name: str) -> Preset:
    """The preset of this name. Raises InvalidInput that lists the known ones."""
    if name not in PRESETS:
        raise InvalidInput(f"There is no export format {name!r}: known are {', '.join(PRESETS)}")
    return PRESETS[name]
