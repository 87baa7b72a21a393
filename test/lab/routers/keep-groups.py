"""Runs a program for which setgroups(2) succeeds and does nothing: OpenBGPD insists on it, and the lab's user namespace has no groups.

A seccomp filter answers the one system call; the program is started in place of this one: keep-groups.py PROGRAM ARGUMENT…
"""

import ctypes
import os
import platform
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO_0 = 0x7FFF0000, 0x00050000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
SETGROUPS = {"x86_64": 116, "aarch64": 159}[platform.machine()]

filters = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in [
        (LOAD_WORD, 0, 0, 0),
        (JUMP_IF_EQUAL, 0, 1, SETGROUPS),
        (RETURN, 0, 0, SECCOMP_RET_ERRNO_0),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ]
)


class FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filters", ctypes.c_char_p)]


prctl = ctypes.CDLL(None, use_errno=True).prctl
program = FilterProgram(len(filters) // 8, filters)
if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
    sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
