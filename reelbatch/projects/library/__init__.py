"""The one package that knows py-aep: a project's checked bytes become the classes of `model`.

The library is made for programs that edit projects: it makes up what a file leaves out, and its
errors are of every type. Here only what is in the file is read, and numbers that mean nothing are
refused. It looks for no footage and for no fonts.
"""
