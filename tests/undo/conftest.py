"""The houses of ``tests/identity``, and undos as Stash starts them."""

from __future__ import annotations

from tests.identity.conftest import house, make_house

__all__ = ["house", "make_house"]
