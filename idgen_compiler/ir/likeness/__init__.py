"""When programs are the same, and when values of programs are."""
