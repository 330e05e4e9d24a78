"""Run by the readers' Python: a file through ``datasets``, then each row through chat templates that TRL ships.

Arguments: the file, then names of templates. Prints the loaded rows and, for each template, what each row became or the
error it raised.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

import datasets
from transformers.utils.chat_template_utils import render_jinja_template

path, *names = sys.argv[1:]
datasets.disable_progress_bars()
with tempfile.TemporaryDirectory() as cache:
    rows = list(datasets.load_dataset("json", data_files=path, split="train", cache_dir=cache))

templates = Path(importlib.util.find_spec("trl").submodule_search_locations[0], "chat_templates")
tokens = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def render(row: dict, template: str) -> str:
    # An empty list of tools is passed as none, as TRL does it.
    chats, _ = render_jinja_template([row["messages"]], tools=row["tools"] or None, chat_template=template, **tokens)
    return chats[0]


rendered = {}
for name in names:
    template = (templates / f"{name}.jinja").read_text(encoding="utf-8")
    rendered[name] = []
    for row in rows:
        try:
            rendered[name].append({"text": render(row, template)})
        except Exception as error:
            rendered[name].append({"error": f"{type(error).__name__}: {error}"})
print(json.dumps({"rows": rows, "rendered": rendered}))
