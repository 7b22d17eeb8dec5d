"""Untrusted bytes turned into pictures by processes of their own, which may die of them.

``ask`` is what the rest of the service uses: the calls of `imaging`, with the work done elsewhere. ``pool`` keeps the
processes, ``process`` is one of them seen from here, ``worker`` is its program, ``opened`` what it can do, ``protocol``
the messages between the two sides. Imports nothing, because a process that decodes shall start fast.
"""
