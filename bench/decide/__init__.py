"""How quickly every benefit is decided, and how much memory that takes."""
