"""Drawings as SVG: the frame, the arrows, and where things stand in layers."""
