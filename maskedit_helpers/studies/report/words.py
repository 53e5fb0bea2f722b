"""How a score reads in a sentence."""


def reads(column, told, sign=False):
    """A score with its unit: "33.3 dB [31.7, 34.7]"."""
    numbers = [column.cell(told[what]) for what in ("mean", "low", "high") if told.get(what) is not None]
    if sign:
        numbers = ["+" + number if number[0].isdigit() else number for number in numbers]
    unit = f" {column.unit}" if column.unit else ""
    return numbers[0] + unit + (f" [{numbers[1]}, {numbers[2]}]" if len(numbers) == 3 else "")
