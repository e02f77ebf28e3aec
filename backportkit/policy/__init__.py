"""Obey what a company, or whoever owns an environment, says about patches: who may patch what in it."""
