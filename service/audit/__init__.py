"""A whole archive analysed: listed lazily, shared out to worker processes, written as one Parquet dataset.

``archive`` and its kinds say where files are and hand them over; ``judge`` makes one file into rows of ``schema``;
``worker`` does that for a shard, a small group of files, and writes its ``parts``; ``ledger`` knows what is to do and
what is done; ``driver`` brings them together and holds counts alone.
"""
