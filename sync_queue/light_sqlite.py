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
    r"""The URI of a database file, to be opened in *mode* (``ro``, ``rw``).

    SQLite takes a backslash as it is: Windows' ``\\?\C:\…`` and ``\\server\share`` reach it
    unchanged, and so does a backslash in a name elsewhere.
    """
    # SQLite reads %, ? and # in URIs as syntax, and a name behind two slashes as a host.
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    no_host = "//" if quoted.startswith("/") else ""
    return f"file:{no_host}{quoted}?mode={mode}"
