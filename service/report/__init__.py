"""Pages for people: one procedure's record as HTML and PDF, and an archive's figures as HTML.

``sheet`` draws plots, ``page`` fills templates under a strict policy of contents, ``pdf`` sets the same facts in type.
``procedure`` and what lies beside it gather what is said of one procedure; ``archive`` counts over many.
"""
