"""Fail where torch 2.6 to 2.9 write the header of a tuning block without the name that the block calls.

The block itself needs a GPU, so the reproducer runs its header, as Inductor generates it, and looks the name up. A
torch that is built without CUDA has no such function, and nothing to show.
"""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Generate the header by the method that writes it, run it, and evaluate the name."""
    from torch._inductor.codegen.wrapper import PythonWrapperCodegen
    from torch._inductor.utils import IndentedBuffer

    wrapper = object.__new__(PythonWrapperCodegen)
    wrapper.kernel_autotune_defs = IndentedBuffer()
    wrapper.write_kernel_autotune_defs_header()
    block = {}
    exec(wrapper.kernel_autotune_defs.getvalue(), block)  # noqa: S102 -- as Inductor does
    assert callable(eval("get_raw_stream", block))  # noqa: S307 -- raises the block's own NameError if it is missing
