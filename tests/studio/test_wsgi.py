"""What a server has done before its first request."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNTS = "import gc, sys, studio.wsgi; print(gc.get_freeze_count(), len(gc.get_objects()), 'studio.review.views' in sys.modules)"


def test_the_collector_of_garbage_does_not_go_through_what_the_server_began_with(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", COUNTS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    frozen, young, has_views = done.stdout.split()
    assert int(frozen) > 50 * int(young)
    assert has_views == "True"
