"""What is made of the algorithms' declarations, as files: a part of `headgate schemas [--check]`.

`<docs>/schemas/algos/<name>.json`, the tables in `<docs>/algorithms.md`, and for order tickets
`<fixconfig>/atdl/<name>.xml`.
"""

import json
from pathlib import Path
from typing import Final

from algos.catalogue import ALGORITHMS
from algos.description import document_blocks
from algos.fixatdl import fixatdl
from algos.json_schema import json_schema
from bus.message_tables import fill_blocks

PAGE: Final = "algorithms.md"


def write_algo_documents(docs: Path, fixconfig: Path) -> list[Path]:
    """Write every file that is missing or out of date; which ones. Raises OSError, KeyError."""
    stale = check_algo_documents(docs, fixconfig)
    wanted = algo_documents(docs, fixconfig)
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
        else:
            path.unlink()
    return stale


def check_algo_documents(docs: Path, fixconfig: Path) -> list[Path]:
    """The files that are missing, out of date or of an algorithm that is gone. Raises OSError."""
    wanted = algo_documents(docs, fixconfig)
    stale = [path for path, value in wanted.items()
             if not path.is_file() or path.read_bytes() != value]  # fmt: skip
    found = sorted([*docs.glob("schemas/algos/*"), *fixconfig.glob("atdl/*")])
    return stale + [path for path in found if path not in wanted]


def algo_documents(docs: Path, fixconfig: Path) -> dict[Path, bytes]:
    """The content of every file. Raises OSError if there is no page to fill."""
    files: dict[Path, bytes] = {}
    for name, algorithm in ALGORITHMS.items():
        schema = json.dumps(json_schema(algorithm), indent=2) + "\n"
        files[docs / "schemas" / "algos" / f"{name}.json"] = schema.encode()
        files[fixconfig / "atdl" / f"{name}.xml"] = fixatdl(algorithm)
    page = docs / PAGE
    files[page] = fill_blocks(page.read_text(), document_blocks(ALGORITHMS)).encode()
    return files
