"""How far it has come: one line that grows on a terminal, one line a subject anywhere else."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.core.management.base import OutputWrapper

T = TypeVar("T")
WIDTH = 30


class Progress:
    def __init__(self, out: OutputWrapper) -> None:
        self.out = out

    def of(self, subject: str, rows: Sequence[T]) -> Iterator[T]:
        """`rows`, one after the other, shown while they are worked off."""
        shown = -1
        for done, row in enumerate(rows):
            share = WIDTH * done // len(rows)
            if self.out.isatty() and share != shown:
                shown = share
                self.write(f"\r  {subject:14} {'█' * share}{'░' * (WIDTH - share)} {done:,} of {len(rows):,} ")
            yield row
        line = f"  {subject:14} {len(rows):,}"
        self.write(f"\r{line:70}\n" if self.out.isatty() else f"{line}\n")

    def write(self, text: str) -> None:
        self.out.write(text, style_func=str, ending="")
        self.out.flush()
