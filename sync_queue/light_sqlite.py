"""SQLite without ``sqlite3``'s Python half, which costs a hook a seventh of its whole time.

Standard library only. ``sqlite3`` is ``_sqlite3`` plus adapters for dates, which are unused here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3 as sqlite3
else:
    try:
        import _sqlite3 as sqlite3
    except ImportError:  # not CPython
        import sqlite3 as sqlite3
