"""Run by the readers' Python: a file through DeepFabric's own models; prints what they made of it.

Arguments: ``records`` (JSONL of conversations) or ``tools`` (a JSON tool registry), and the file. ``deepfabric.schemas`` is
loaded by itself: the package around it imports every provider it knows, and torch.
"""

import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path

package = importlib.util.find_spec("deepfabric").submodule_search_locations[0]
spec = importlib.util.spec_from_file_location("deepfabric_schemas", Path(package, "schemas.py"))
schemas = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = schemas
spec.loader.exec_module(schemas)


def read_record(line: str) -> dict:
    conversation = schemas.Conversation.model_validate_json(line)
    tools = [schemas.ToolDefinition.from_openai(tool).name for tool in conversation.tools or []]
    return {"dumped": conversation.model_dump(), "tools": tools}


kind, path = sys.argv[1:]
text = Path(path).read_bytes().decode("utf-8")
if kind == "records":
    read = [read_record(line) for line in text.split("\n") if line]
else:
    read = schemas.ToolRegistry.model_validate_json(text).to_openai_format()
print(json.dumps({"version": importlib.metadata.version("deepfabric"), "read": read}))
