"""One module for each third-party part."""
