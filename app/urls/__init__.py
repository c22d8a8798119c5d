"""The addresses that settings hold, read as the libraries that connect to them read them."""
