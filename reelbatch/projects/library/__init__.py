"""Turns a project's checked bytes into the classes of `model`. Only this package uses py-aep.

The library is made for programs that edit projects: it fills in what a file omits, and raises
errors of any type. This package reads only what is in the file and refuses meaningless numbers. It
does not look for footage or fonts.
"""
