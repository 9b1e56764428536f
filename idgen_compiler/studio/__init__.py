"""The studio: a page to draw graphs on, and what the compiler answers while somebody draws.

One protocol serves the page whether Python runs in the browser, behind a local server or in a notebook: a request is a
JSON object with a key `ask`, and so is the answer (`answers.answer`). The page renders and knows nothing of causes.
"""
