"""Write a DLL for Windows with one function, which is another DLL's: for `smoke_under_wine.sh` alone.

wine 8 has no ``bcryptprimitives.dll``, whose ProcessPrng the libraries written in Rust call; advapi32's
SystemFunction036 fills memory with random bytes too::

    python forwarding_dll.py bcryptprimitives.dll ProcessPrng advapi32.SystemFunction036
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

_SECTION = 0x1000  # where the only section lies in memory
_FILE_ALIGNMENT = 0x200
_X86_64 = 0x8664
_LIBRARY = 0x2022  # executable, large addresses, DLL


def forwarding_dll(name: str, function: str, target: str) -> bytes:
    """Return a PE32+ library whose export table says: this function is that one."""
    exports = _export_table(name, function, target)
    sizes = (_SECTION, _FILE_ALIGNMENT, 6, 0, 0, 0, 6, 0, 0, 2 * _SECTION, _FILE_ALIGNMENT, 0, 2, 0x160)
    stack_and_heap = (0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, _FILE_ALIGNMENT, 0, 0, _SECTION)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0x180000000, *sizes)
    optional += struct.pack("<QQQQII", *stack_and_heap)
    optional += struct.pack("<II", _SECTION, len(exports)) + bytes(15 * 8)
    coff = struct.pack("<HHIIIHH", _X86_64, 1, 0, 0, 0, len(optional), _LIBRARY)
    place = (len(exports), _SECTION, _FILE_ALIGNMENT, _FILE_ALIGNMENT, 0, 0, 0, 0, 0x40000040)
    section = struct.pack("<8sIIIIIIHHI", b".rdata", *place)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(_FILE_ALIGNMENT, b"\0") + exports.ljust(_FILE_ALIGNMENT, b"\0")


def _export_table(*texts: str) -> bytes:
    """Directory, three tables of one entry each, and the texts: name, function, target."""
    directory, entries = 40, 10
    places, words = [], b""
    for text in texts:
        places.append(_SECTION + directory + entries + len(words))
        words += text.encode() + b"\0"
    name, function, target = places
    tables = [_SECTION + directory + offset for offset in (0, 4, 8)]
    head = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, name, 1, 1, 1, *tables)
    return head + struct.pack("<IIH", target, function, 0) + words


if __name__ == "__main__":
    path, *texts = sys.argv[1:]
    Path(path).write_bytes(forwarding_dll(Path(path).name, *texts))
