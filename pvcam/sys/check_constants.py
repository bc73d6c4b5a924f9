#!/usr/bin/env python3
"""Compares the constants of this crate with those of the vendor's own Python wrapper, PyVCAM (MIT).

Downloads the PyVCAM wheel with pip into a temporary directory, reads `pyvcam/constants.py` from it
without importing or installing anything, and compares every name that both sides know.
Exits with 1 if any differs, or if suspiciously few could be compared.
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

SOURCES = pathlib.Path(__file__).parent / "src"
CONSTANT = re.compile(r"^ *pub const (\w+): \w+ = ([0-9A-Fa-fx_]+);$", re.MULTILINE)
FEWEST = 150


def rust_constants():
    found = {}
    for path in sorted(SOURCES.glob("*.rs")):
        for name, value in CONSTANT.findall(path.read_text()):
            found[name] = int(value, 0)
    return found


def python_constants(source):
    """Evaluates the module's plain integer assignments, and nothing else of it."""
    found = {}

    def value(node):
        match node:
            case ast.Constant(value=int(number)):
                return number
            case ast.Name(id=name):
                return found[name]
            case ast.BinOp(left=left, op=op, right=right):
                a, b = value(left), value(right)
                match op:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.LShift():
                        return a << b
                    case ast.BitOr():
                        return a | b
        raise ValueError(ast.dump(node))

    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = value(node.value)
            except (KeyError, ValueError):
                pass  # not an integer
    return found


def download():
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--only-binary", ":all:", "--dest", directory, "PyVCAM"]
        subprocess.run(command, check=True)
        wheel = next(pathlib.Path(directory).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            return wheel.name, archive.read("pyvcam/constants.py").decode()


def main():
    wheel, source = download()
    ours, theirs = rust_constants(), python_constants(source)
    shared = sorted(ours.keys() & theirs.keys())
    wrong = [name for name in shared if ours[name] != theirs[name]]
    for name in wrong:
        print(f"{name}: {ours[name]} here, {theirs[name]} in {wheel}")
    print(f"{len(shared)} constants compared with {wheel}, {len(wrong)} differ")
    print("only here:", ", ".join(sorted(ours.keys() - theirs.keys())) or "none")
    return 1 if wrong or len(shared) < FEWEST else 0


if __name__ == "__main__":
    sys.exit(main())
