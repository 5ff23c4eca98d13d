"""Runs every benchmark, prints one table and writes build/bench.json; exit code 1 if a bar is missed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from benchmarks import forecasting, lifecycle, loading, monitoring, pages, posting, serving
from benchmarks.harness import Row
from core.config import PROJECT_ROOT

GROUPS = {
    "loading": loading.run,
    "forecasting": forecasting.run,
    "lifecycle": lifecycle.run,
    "monitoring": monitoring.run,
    "serving": serving.run,
    "pages": pages.run,
    "posting": posting.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=list(GROUPS), help="run this group alone")
    parser.add_argument("--quick", action="store_true", help="leave out the largest data")
    options = parser.parse_args()
    rows: list[Row] = []
    print(f"{'what':<84} {'ours':>10} {'reference':>10} {'figure':>9} {'bar':>7}")
    for name in [options.only] if options.only else GROUPS:
        for row in GROUPS[name](quick=options.quick):
            rows.append(row)
            figure = "" if row.value is None else f"{row.value:,.2f}"
            bar = "" if row.bar is None else f"≤ {row.bar:,}"
            print(
                f"{row.what:<84} {row.ours:>10} {row.reference:>10} {figure:>9} {bar:>7} {'' if row.kept else 'MISSED'}"
            )
            sys.stdout.flush()
    target = PROJECT_ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([asdict(row) | {"kept": row.kept} for row in rows], indent=1), "utf-8")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
