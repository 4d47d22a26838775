"""HJ 212 decoded as devices really send it: a strict verdict beside a tolerant parse, answers, commands; no I/O.

In: bytes of a link, times as arguments, SM4 keys. Out: outcomes with verdict, values, marks, the answer owed, and
frames to send. A library by itself: README.md beside this file.
"""
