"""Where the compiler meets its backends: what one offers and gives, how it is asked, and what it saves."""
