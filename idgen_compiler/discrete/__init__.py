"""Discrete laws that programs are run on: where they come from, and what policies are as tables."""
