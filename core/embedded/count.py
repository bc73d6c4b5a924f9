#!/usr/bin/env python3
"""Counts what a pool costs on a microcontroller.

    count.py measure BOARD FOLDER QEMU...      the firmwares of `probe`, and the command that runs one
    count.py table COSTS README [--check | --write]

Instructions: of one acquire and one release, whole functions with all that they call, as QEMU
executes them, the second time round. Flash: code and constants that the firmware has more than the
one without a pool. RAM: what it has more, less the bytes of its slots. Acquire and release may link
no function that panics, allocates or formats.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

SLOTS = 16
SLOT_BYTES = 64
POOLS = ["framepool", "heapless_box", "heapless_object"]


class Firmware:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            elf = ELFFile(file)
            symbols = elf.get_section_by_name(".symtab").iter_symbols()
            self.functions = {
                symbol.name: (symbol["st_value"] & ~1, symbol["st_size"])
                for symbol in symbols
                if symbol["st_info"]["type"] == "STT_FUNC"
            }
            self.flash = self.ram = 0
            self.code = []
            for section in elf.iter_sections():
                flags, size = section["sh_flags"], section["sh_size"]
                if not flags & 2 or size == 0:  # not in memory
                    continue
                if flags & 1 or section["sh_type"] == "SHT_NOBITS":  # writable
                    if section.name not in (".stack", ".heap"):
                        self.ram += size
                else:
                    self.flash += size
                if flags & 4:  # code
                    self.code.append((section["sh_addr"], size))

    def executed(self, qemu):
        """The addresses of the instructions executed, in their order."""
        ranges = ",".join(f"0x{start:x}+0x{size:x}" for start, size in self.code)
        with tempfile.NamedTemporaryFile() as log:
            count = ["-accel", "tcg,one-insn-per-tb=on", "-d", "exec,nochain", "-D", log.name]
            command = [*qemu, *count, "-dfilter", ranges, "-kernel", str(self.path)]
            subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
            trace = Path(log.name).read_text()
        return [int(pc, 16) for pc in re.findall(r"^Trace.*\[[0-9a-f]+/([0-9a-f]+)/", trace, re.M)]

    def calls(self, name, executed):
        """How many instructions each call from `drive` to this function took."""
        start, _ = self.functions[name]
        drive, size = self.functions["drive"]
        counts, counting = [], False
        for pc in executed:
            if pc == start and not counting:
                counts.append(0)
                counting = True
            elif drive <= pc < drive + size:
                counting = False
            if counting:
                counts[-1] += 1
        return counts


# Board, and the most that acquire and release, flash and RAM may take there.
LIMITS = {
    "Cortex-M3": (30, 400, 24),
    "Cortex-M0, critical section": (60, None, 24),
    "RISC-V rv32imac": (40, None, 24),
}
# Where functions are put moves the alignment of what follows them.
FLASH_TOLERANCE = 16
BEGIN, END = "<!-- costs on microcontrollers: begin -->", "<!-- end -->"


def measure(board, folder, qemu):
    nothing = Firmware(folder / "nothing")
    for pool in POOLS:
        firmware = Firmware(folder / pool)
        added = firmware.functions.keys() - nothing.functions.keys()
        unwanted = sorted(name for name in added if re.search("panic|alloc|3fmt", name))
        if pool == "framepool" and unwanted:
            sys.exit(f"acquire and release link {unwanted}")
        executed = firmware.executed(qemu)
        calls = {name: firmware.calls(name, executed) for name in ("acquire", "release")}
        if any(len(counts) != 2 for counts in calls.values()):
            sys.exit(f"{pool}: acquire and release are not seen twice: {calls}")
        acquire, release = calls["acquire"][1], calls["release"][1]
        flash = firmware.flash - nothing.flash
        ram = firmware.ram - nothing.ram - SLOTS * SLOT_BYTES
        print(board, pool, acquire, release, flash, ram, sep="|")


def same(made, there):
    """Whether two tables say the same, but for a few bytes of flash."""
    made, there = made.splitlines(), there.splitlines()
    if len(made) != len(there):
        return False
    for one, other in zip(made, there):
        ones, others = one.split("|"), other.split("|")
        if len(ones) != len(others):
            return False
        for column, (cell, before) in enumerate(zip(ones, others)):
            is_flash = column % 3 == 0 and cell.strip().isdigit() and before.strip().isdigit()
            close = is_flash and abs(int(cell) - int(before)) <= FLASH_TOLERANCE
            if cell != before and not close:
                return False
    return True


def table(costs, readme, mode):
    rows, failed = {}, False
    for line in costs.read_text().splitlines():
        board, pool, *numbers = line.split("|")
        rows.setdefault(board, {})[pool] = [int(number) for number in numbers]
    lines = [
        "| | `LeanPool` | flash | RAM | heapless `Box` | flash | RAM | heapless `Object` | flash | RAM |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for board, pools in rows.items():
        cells = [board]
        for pool in POOLS:
            acquire, release, flash, ram = pools[pool]
            cells += [f"{acquire} + {release} = {acquire + release}", str(flash), str(ram)]
        lines.append("| " + " | ".join(cells) + " |")
        acquire, release, flash, ram = pools["framepool"]
        for what, cost, limit in zip(
            ("instructions", "bytes of flash", "bytes of RAM"),
            (acquire + release, flash, ram),
            LIMITS.get(board, (None, None, None)),
        ):
            if limit is not None and cost > limit:
                print(f"{board}: {cost} {what}, at most {limit} are allowed")
                failed = True
    made = "\n".join(lines)
    print(made)
    before, rest = readme.read_text().split(BEGIN)
    there, after = rest.split(END, 1)
    if mode == "--write":
        readme.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")
    elif mode == "--check" and not same(made, there.strip()):
        print(f"this is not the table in {readme.name}: core/embedded/run.sh --write puts it there")
        failed = True
    sys.exit(failed)


def main():
    match sys.argv[1:]:
        case ["measure", board, folder, *qemu]:
            measure(board, Path(folder), qemu)
        case ["table", costs, readme, *mode]:
            table(Path(costs), Path(readme), "".join(mode))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
