"""The command line: where arguments, the clock and the environment come in, and exit codes go out.

A command parses, calls one flow, renders and exits. Nothing below this room prints or reads the clock.
"""
