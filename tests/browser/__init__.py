"""End to end: the demo of each framework, in Chromium. A package, so that its browser closes before other tests run."""
