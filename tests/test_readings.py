"""How an image was read again and again, counted by hand."""

from mnistdash import readings


def test_runs_that_agree_are_counted() -> None:
    """Of 4, 9, 4, 7, 9, 4 three say 4, two 9, one 7; of equal counts the lower first."""
    assert readings.tally([4, 9, 4, 7, 9, 4]) == [(4, 3), (9, 2), (7, 1)]
    assert readings.tally([9, 4]) == [(4, 1), (9, 1)]


def test_epochs_with_the_same_answer_are_put_together() -> None:
    """9, 4, 4, 9 is one epoch of 9, two of 4, and 9 again."""
    found = [(span.answer, span.first, span.last) for span in readings.spans([9, 4, 4, 9])]
    assert found == [(9, 0, 0), (4, 1, 2), (9, 3, 3)]
    assert readings.spans([]) == []
