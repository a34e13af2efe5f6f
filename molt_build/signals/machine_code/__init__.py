"""What files of machine code consist of: imports, functions, and the calls between them."""
