"""pypdf looks for a missing /Root in as many objects as the file says it has, even in billions.

Differs from upstream's change: the limit is an attribute of the class and no argument of the constructor. Two other
faults that the same change mends stay: slow recovery of a broken cross-reference table, and pages that contain
themselves.
"""

from __future__ import annotations

from backportkit import Reproducer, register

register(
    {
        "id": "pypdf-cve-2026-22690",
        "summary": "a small PDF without /Root and with a large /Size keeps pypdf busy for hours",
        "requires": "pypdf>=5.0.1,<6.6",
        "edits": [
            {
                "target": "pypdf._reader:PdfReader.root_object",
                "replacement": "backportkit_patches.pypdf.cve_2026_22690_body:root_object",
                "original": ["ast1:c7bfd1ea4254", "ast1:1b90895ab605"],
                "fixed": "ast1:2387eb5ba0c9",
            },
            {"target": "pypdf._reader:PdfReader._root_object_recovery_limit", "how": "add", "value": 10_000},
        ],
        "fixes": "https://github.com/py-pdf/pypdf/pull/3594",
        "references": ["https://github.com/py-pdf/pypdf/security/advisories/GHSA-4xc4-762w-m6cg"],
        "resolves": ["CVE-2026-22690", "GHSA-4xc4-762w-m6cg"],
        "opt_in": True,
        "reproducer": Reproducer(
            run="backportkit_patches.pypdf.cve_2026_22690_reproducer:reproduce",
            expect="pypdf looked at 12000 objects of a file that has none",
        ),
    }
)
