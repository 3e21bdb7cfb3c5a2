"""The layers that every request passes, outermost first, as ``gateway.app`` puts them together.

They are plain ASGI, written by hand: they answer, log and refuse also where no route of Litestar is reached. Together
they take about 10 us of a request, the access line included, and gzip as much again where it is asked for.
"""
