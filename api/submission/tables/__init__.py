"""Tables: one job per row, and one column per layer that the jobs fill.

`text` and `workbooks` read cells from bytes, `columns` defines the kinds of columns, `meanings`
finds the layers that columns mean, and `reading` turns rows into jobs.
"""
