"""The mechanism: what stands at a place, layer upon layer, and how it is changed and undone. It knows no patch."""
