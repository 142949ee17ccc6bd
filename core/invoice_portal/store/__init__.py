"""The database: its tables, its statements by name, and the versions of its schema.

Only a driver that is about to execute a statement imports what needs SQLAlchemy.
"""
