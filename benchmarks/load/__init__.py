"""Load by many users at once, with locust: sessions beyond capacity, uploads beside live sessions, leaks."""
