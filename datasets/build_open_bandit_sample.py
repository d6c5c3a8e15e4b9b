"""Build `open-bandit-sample/` from the original CSVs of the Open Bandit sample.

    python datasets/build_open_bandit_sample.py FOLDER

FOLDER holds `random/` and `bts/`, each with `all/`, `men/` and `women/`, each with `<campaign>.csv` and
`item_context.csv`, as the `obp` package ships them. Every value is kept; only the unnamed index column, which counts
the rows from 0, is left out. The same CSVs and the same pyarrow give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

POLICIES = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")
TYPES = {"timestamp": pa.timestamp("us", tz="UTC"), "item_id": pa.int64(), "position": pa.int8(), "click": pa.int8()}


def read(path: Path) -> pa.Table:
    """A CSV of the sample without its index column; its SHA-256 goes into the table's metadata."""
    content = path.read_bytes()
    options = csv.ConvertOptions(column_types=TYPES, strings_can_be_null=False)
    table = csv.read_csv(pa.BufferReader(content), convert_options=options)
    if table.column(0).to_pylist() != list(range(len(table))):
        raise SystemExit(f"{path}: the first column does not count the rows; this is not the expected sample.")
    table = table.remove_column(0)
    missing = [name for name in table.column_names if pc.any(pc.is_null(table[name], nan_is_null=True)).as_py()]
    if missing:
        raise SystemExit(f"{path}: missing values in {', '.join(missing)}; this is not the expected sample.")
    return table.replace_schema_metadata({"source": "/".join(path.parts[-3:]), "source_sha256": _sha256(content)})


def write(table: pa.Table, path: Path) -> None:
    """Parquet in one row group. Dictionaries make the mostly-zero affinities and the hashes small."""
    beside = path.with_name(f".{path.name}")
    pq.write_table(table, beside, compression="zstd", compression_level=19, store_schema=False, version="2.6")
    os.replace(beside, path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder that holds random/ and bts/")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "open-bandit-sample")
    arguments = parser.parse_args()
    for policy in POLICIES:
        for campaign in CAMPAIGNS:
            source = arguments.folder / policy / campaign
            for csv_name, suffix in ((f"{campaign}.csv", ""), ("item_context.csv", "-items")):
                target = arguments.out / f"{policy}-{campaign}{suffix}.parquet"
                write(read(source / csv_name), target)
                print(f"{_sha256(target.read_bytes())}  {target.stat().st_size:>7}  {target.name}")


if __name__ == "__main__":
    main()
