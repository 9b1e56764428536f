"""The rules by which a program is differentiated: one file for each kind of operation and statement.

Each file holds the meaning of its operation as a law of which margins can be asked, and its transpose: from the
derivative of a number by what the operation gives to the derivatives by what it uses.
"""
