"""The model: records, paths, settings, reasons and errors; and the bounds of outside input."""
