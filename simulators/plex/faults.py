"""The kit's former address: callers still import ``Kind`` from here."""

from simulators.faults import Kind

__all__ = ["Kind"]
