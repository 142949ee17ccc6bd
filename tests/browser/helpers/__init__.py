"""What the tests in the browser share."""
