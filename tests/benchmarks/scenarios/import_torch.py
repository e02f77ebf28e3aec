"""Import torch 2.11, bare and with every shipped patch armed."""

from __future__ import annotations

TITLE = "Importing torch 2.11 with every shipped patch armed"
ON_DEMAND = True  # two environments of 5 GB, and some minutes for each count
SIZE, SIZES = "", (0,)
UNIT, REPEATS = "process", None
BASE = "bare"
WAYS = {"bare": None, "backportkit": None, "activated": None}
SOURCES = {
    "bare": "import torch",
    "backportkit": "from backportkit import apply_all; apply_all(); import torch",
    "activated": "import torch",
}
PLACES = {"bare": "torch", "backportkit": "torch", "activated": "torch-activated"}
