"""Saved samplers behind HTTP, and the compiler behind the Model Context Protocol.

What is asked and what is answered are values here (`values`, `writing`, `drawing`), which know no web framework;
`http` puts them behind FastAPI and `agents` behind mcp, whose packages are imported with them and not before.
"""
