"""One file per noun of the HTTP interface: parse, call one function, map, send."""
