"""The commands: those that every framework has, and those of ``invoice-portal`` alone."""
