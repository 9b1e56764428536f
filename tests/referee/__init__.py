"""The referee: one set of questions with known answers, put to this compiler and to every tool that can be installed.

A question is a folder of plain files (`case.py`); a tool answers it in an environment of its own (`environments.py`),
under limits of time, in a process whose time and memory are read from outside (`asking.py`); what it answered is held
against the truth here (`judge.py`), kept as a line (`results.py`) and shown on a page (`page.py`).
"""
