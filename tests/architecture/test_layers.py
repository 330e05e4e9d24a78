"""The layers hold: imports point down, and the engine runs without the web framework."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys
import generation
names = [module.name for module in pkgutil.walk_packages(generation.__path__, "generation.")]
for name in names:
    importlib.import_module(name)
unwanted = sorted({name.partition(".")[0] for name in sys.modules} & {"django", "celery", "kombu", "ninja", "studio"})
print(json.dumps({"imported": len(names), "unwanted": unwanted}))
"""


def test_imports_point_down() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([script, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "0 broken" in done.stdout


def test_the_engine_needs_neither_web_framework_nor_queue() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["imported"] > 40
    assert found["unwanted"] == []
