"""Fuzzers: each parser that meets a network, under mutated frames and under coverage guidance; see each module."""
