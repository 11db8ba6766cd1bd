"""Tables: a job a row, and a column for each layer that the jobs fill.

`text` and `workbooks` read cells from bytes, `columns` has the kinds of columns, `meanings` finds
the layers that columns mean, and `reading` makes jobs of rows.
"""
