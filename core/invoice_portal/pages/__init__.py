"""The programs behind the routes, by area. A program returns a template and a view-model, ready to print."""
