"""Freed arrays leave the process, whatever lies between them."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from pathlib import Path
from afterimage.contracts.heap import return_large_blocks

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def taken():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)["RssAnon"].split()[0]) >> 10

def touched(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    return block

{call}
# glibc moves its limit up to the size of what is freed.
libc.free(touched(30 << 20))
before, blocks, between = taken(), [], []
for _ in range(20):
    blocks.append(touched(8 << 20))
    between.append(touched(20_000))
assert taken() > before + 150
for block in blocks:
    libc.free(block)
print(taken() - before)
"""


def left_after(call: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heap")
def test_freed_arrays_leave_the_process():
    assert left_after("") > 100
    assert left_after("return_large_blocks()") < 10
