"""A synthetic province in columns: months of six departments' rows, sealed, for benches of any size.

Everything is a function of the seed and a running number, so that any page can be made by any process, in any
order, without what came before it. People live under the impossible region 99, as in the sandbox.
"""
