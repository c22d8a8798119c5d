"""The dashboard's pages, one noun a file."""
