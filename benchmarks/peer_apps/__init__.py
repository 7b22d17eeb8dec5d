"""The same work behind other servers; run by `benchmarks.peers` in an environment of their own."""
