"""The two drivers: they step a program and do the work it asks for, blocking or on an event loop.

Both import ``stripe`` when they make their first call, not before: it costs a third of a second.
"""
