"""What the tests of the core share. Nothing here needs a web framework, a network or the sandbox."""
