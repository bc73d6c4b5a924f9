#!/usr/bin/env python3
"""Writes include/framepool_pvcam.h, the C header of the interface, from this crate's Rust declarations.

Usage: header.py [--check]        with --check it writes nothing, and exits with 1 if the file is not up to date
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
HEADER = HERE / "include" / "framepool_pvcam.h"

HEAD = """\
/* The C interface of a PVCAM library, by framepool: what the crate framepool-pvcam-sys declares, from which header.py
 * writes this file. Licensed under MIT or Apache-2.0, at your option. */
#ifndef FRAMEPOOL_PVCAM_H
#define FRAMEPOOL_PVCAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define PV_DECL __stdcall
#else
#define PV_DECL
#endif

#ifdef __cplusplus
extern "C" {
#endif
"""

TAIL = """
#ifdef __cplusplus
}
#endif

#endif
"""

C_TYPES = {
    "c_void": "void", "c_char": "char", "usize": "size_t", "f32": "float", "f64": "double",
    **{f"{sign}{bits}": f"{'u' * (sign == 'u')}int{bits}_t" for sign in "iu" for bits in (8, 16, 32, 64)},
}


def declare(rust, name=""):
    """Returns the C declaration of a name that has a Rust type."""
    rust = re.sub(r"\$?crate::|::core::ffi::", "", rust.strip())
    if rust.startswith("*mut "):
        return declare(rust[5:], f"*{name}")
    if rust.startswith("*const "):
        return f"const {declare(rust[7:], f'*{name}')}"
    if rust.startswith("["):
        element, length = rust[1:-1].split("; ")
        return declare(element, f"{name}[{length}]")
    return f"{C_TYPES.get(rust, rust)} {name}".strip()


def arguments(rust):
    declared = [declare(*reversed(argument.split(": ", 1))) for argument in rust.split(", ") if argument]
    return ", ".join(declared) or "void"


def comment(docs):
    text = re.sub(r"\[?`([^`]*)`\]?(\([^)]*\))?", r"\1", " ".join(re.findall(r"///? ?(.*)", docs)))
    return f"/* {text.strip()} */\n" if text.strip() else ""


def types(source):
    pattern = re.compile(
        r"(?P<docs>(?:^/// [^\n]*\n)+)(?P<attributes>(?:^#\[[^\n]*\]\n)*)^pub (?:type (?P<alias>\w+) =\s*(?P<type>[^;]+);"
        r"|struct (?P<name>\w+) \{\n(?P<fields>.*?)^\})", re.MULTILINE | re.DOTALL)
    # Handlers last: they take structures.
    for found in sorted(pattern.finditer(source), key=lambda found: "fn(" in (found["type"] or "")):
        yield comment(found["docs"])
        if found["alias"]:
            handler = re.match(r'unsafe extern "system" fn\((.*)\)', found["type"])
            if handler:
                yield f"typedef void (PV_DECL *{found['alias']})({arguments(handler[1])});\n\n"
            else:
                yield f"typedef {declare(found['type'], found['alias'])};\n\n"
            continue
        packed = "packed" in found["attributes"]
        yield "#pragma pack(push, 1)\n" * packed + "typedef struct {\n"
        for docs, name, rust in re.findall(r"((?:^ +/// .*\n)+) +pub (?:r#)?(\w+): (.*),\n", found["fields"], re.MULTILINE):
            yield f"    {comment(docs)}    {declare(rust, name)};\n"
        yield f"}} {found['name']};\n" + "#pragma pack(pop)\n" * packed + "\n"


def constants(source):
    pattern = re.compile(r"((?:^ */// .*\n)+)^ *pub const (\w+): (\w+) = ([^;]+);", re.MULTILINE)
    for docs, name, rust, value in pattern.findall(source):
        unsigned = "u" * (rust in ("uns32", "usize") and value[0].isdigit())
        yield f"{comment(docs)}#define {name} {value.replace('_', '') if value[0].isdigit() else value}{unsigned}\n"


def functions(source):
    pattern = re.compile(r"((?:^ +/// .*\n)+) +fn (pl_\w+)\((.*)\) -> (.*);", re.MULTILINE)
    for docs, name, rust, result in pattern.findall(source):
        yield f"{comment(docs)}{declare(result)} PV_DECL {name}({arguments(rust)});\n\n"


def checks(source):
    """Returns what the Rust source asserts of layouts, for the C compiler."""
    yield "\n#if !defined(__cplusplus) && UINTPTR_MAX == UINT64_MAX\n"
    for name, size in re.findall(r"assert!\(size_of::<(\w+)>\(\) == (\d+)\);", source):
        yield f'_Static_assert(sizeof({name}) == {size}, "{name}");\n'
    for name, field, offset in re.findall(r"assert!\(offset_of!\((\w+), (\w+)\) == (\d+)\);", source):
        yield f'_Static_assert(offsetof({name}, {field}) == {offset}, "{name}.{field}");\n'
    yield "#endif\n"


def source(name):
    return (HERE / "src" / f"{name}.rs").read_text()


parts = [HEAD, "\n"]
for name in ("constants", "params", "errors"):
    parts += [*constants(source(name)), "\n"]
parts += [*types(source("types")), *functions(source("functions")), *checks(source("types")), TAIL]
text = "".join(parts)
if "--check" in sys.argv:
    if HEADER.read_text() != text:
        sys.exit(f"{HEADER} is not up to date: run header.py")
else:
    HEADER.parent.mkdir(exist_ok=True)
    HEADER.write_text(text)
print(f"{HEADER.name}: {text.count('#define') - 3} numbers, {text.count('typedef')} types, {text.count(' PV_DECL pl_')} functions")
