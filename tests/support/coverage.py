"""Which operations a test calls: COVERAGE.md is made from these marks."""

import re


def covers(*operations):
    """Marks a test as one that calls `operations`, such as `lambda.Invoke`, through a stock client."""
    for operation in operations:
        assert re.fullmatch(r"[a-z0-9-]+\.[A-Za-z0-9]+", operation), operation

    def mark(test):
        test.covers = operations
        return test

    return mark
