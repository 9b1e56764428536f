"""Mutation testing: do the tests notice when one thing in a line is changed?"""
