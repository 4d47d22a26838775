"""Composed kitchens: twenty premises for ninety days, each minute's reports with the exact truth beside them.

In: a seed. Out: how many of the R1 and R3 windows the fume rules find, what they say of clean kitchens, each trick by
rule. `python -m tests.bench.kitchens [--seeds held] [--days N] [--kitchens N,N]`; held seeds are for the last look.
"""
