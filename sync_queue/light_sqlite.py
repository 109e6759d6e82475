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


def file_uri(path: str, mode: str) -> str:
    """The URI of a database file, to be opened in *mode* (``ro``, ``rw``)."""
    # SQLite reads %, ? and # in URIs as syntax.
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23").replace("\\", "/")
    slash = "" if quoted.startswith("/") else "/"
    return f"file:{slash}{quoted}?mode={mode}"
