"""Import torch and have Inductor believe the CPU about its vector instructions.

It tries each of them out in a process of its own that imports torch: more than half of what a small compilation takes.
`TORCHINDUCTOR_VEC_ISA_OK` answers for the first one only, not for AVX512-BF16, VNNI and AMX.
"""

from __future__ import annotations

import torch._inductor.cpu_vec_isa

torch._inductor.cpu_vec_isa.VecISA.check_build = lambda isa, code: True
