"""System calls that such a child has no use for, refused by the kernel (seccomp).

Landlock and namespaces leave some ways open: sockets that are files, such as a container engine's,
and owners, modes and times of files. Numbers are those of x86-64 and 64-bit ARM; elsewhere nothing
is refused.
"""

import ctypes
import errno
import platform
import struct
import sys
from typing import Final

_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF, all on 32-bit words
_NUMBER_AT, _MACHINE_AT = 0, 4  # in struct seccomp_data
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE: Final = 0x00050000 | errno.EPERM
_X32: Final = 0x40000000  # numbers of a second way into x86-64

# The newer calls have one number everywhere: pidfd_send_signal, io_uring_setup, open_tree,
# move_mount, fsopen, fsmount, pidfd_open, pidfd_getfd, mount_setattr, fchmodat2.
_EVERYWHERE: Final = (424, 425, 428, 429, 430, 432, 434, 438, 442, 452)
# socket, connect, socketpair, bind, listen; chmod, chown, utime, xattr and their kin; ptrace,
# process_vm_readv and _writev, mount, umount2, unshare, setns, bpf, perf_event_open, userfaultfd,
# keyctl, add_key, request_key.
_X86_64: Final = (
    *(41, 42, 53, 49, 50),
    *(90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199),
    *(101, 310, 311, 165, 166, 272, 308, 321, 298, 323, 250, 248, 249),
)
_ARM_64: Final = (
    *(198, 203, 199, 200, 201),
    *(52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16),
    *(117, 270, 271, 40, 39, 97, 268, 280, 241, 282, 219, 217, 218),
)
_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _ARM_64)}


def refuse_calls(libc: ctypes.CDLL) -> bool:
    """Refuse them from now on, for good; False where that cannot be had."""
    known = _MACHINES.get(platform.machine())
    if known is None or sys.maxsize <= 2**32:
        return False
    program = _program(*known)
    held = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where they are.
    order = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(order), 0, 0) == 0)


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    refused = sorted({*calls, *_EVERYWHERE})
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),  # a 32-bit call has other numbers
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, len(refused) + 1, 0, _X32),
        # From the call that is refused to the last step, which refuses it.
        *((_EQUAL, len(refused) - place, 0, call) for place, call in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
