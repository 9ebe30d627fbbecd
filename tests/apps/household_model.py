"""The household in plain Python, written from the app's README and not from its SQL: exact fractions, no floats."""

from decimal import Decimal
from fractions import Fraction


def round_half_up(value):
    """A Fraction to the next whole number, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def shift(month, n):
    year, number = map(int, month.split("-"))
    index = year * 12 + number - 1 + n
    return f"{index // 12:04}-{index % 12 + 1:02}"


def config_of(versions, month):
    """The last version by valid_from, then version, that is valid by `month`."""
    return max((v for v in versions if v["valid_from"] <= month), key=lambda v: (v["valid_from"], v["version"]))


class Key:
    """Net revenues, and the exact part that member 1 carries."""

    def __init__(self, config):
        self.net1, self.net2 = (
            round_half_up(Fraction(config[f"rev{i}_cents"]) * (1 - Fraction(config[f"tax_rate{i}_bp"], 10000)))
            for i in (1, 2))
        self.net = self.net1 + self.net2
        if config["split_mode"] == "manuel":
            self.part1 = Fraction(config["split1_bp"], 10000)
        else:
            self.part1 = Fraction(self.net1, self.net) if self.net else Fraction(1, 2)
        bp = round_half_up(self.part1 * 10000)
        self.ratio1, self.ratio2 = Decimal(bp).scaleb(-2), Decimal(10000 - bp).scaleb(-2)


def member1_part(plan, key):
    return {"key": key.part1, "50/50": Fraction(1, 2), "100/0": Fraction(1), "0/100": Fraction(0)}.get(
        plan["split_mode"]) if plan["split_mode"] != "custom" else Fraction(plan["split_member1_bp"], 10000)


def shares(amount, part1):
    first = round_half_up(amount * part1)
    return first, amount - first


def provision(plan, key):
    """What one provision asks for a month: base, amount, shares, progress."""
    base = {"total": key.net, "member1": key.net1, "member2": key.net2, "fixed": None}[plan["base_calculation"]]
    monthly = plan["fixed_cents"] if base is None else round_half_up(base * Fraction(plan["percentage_bp"], 10000))
    member1, member2 = shares(monthly, member1_part(plan, key))
    target, current = plan["target_cents"], plan["current_cents"]
    remaining = max(0, target - current) if target is not None else 0
    months = None
    if target is not None:
        months = 0 if remaining == 0 else -(-remaining // monthly) if monthly else None
    return {
        "base_cents": base, "monthly_cents": monthly, "member1_cents": member1, "member2_cents": member2,
        "remaining_cents": remaining, "months_to_target": months,
        "progress": None if target is None else Decimal(round_half_up(Fraction(10000 * current, target))).scaleb(-2),
    }


def fixed_line(line, key):
    months = {"monthly": 1, "quarterly": 3, "yearly": 12}[line["frequency"]]
    monthly = round_half_up(Fraction(line["amount_cents"], months))
    member1, member2 = shares(monthly, member1_part(line, key))
    return {"monthly_cents": monthly, "member1_cents": member1, "member2_cents": member2}


class Book:
    """All transactions, and sums over the lines that count."""

    def __init__(self, lines):
        self.lines = lines

    def of(self, month=None, first=None, last=None, **equal):
        return [t for t in self.lines
                if not t["exclude"] and (month is None or t["month"] == month)
                and (first is None or t["month"] >= first) and (last is None or t["month"] <= last)
                and all(t[k] == v for k, v in equal.items())]


def total(lines):
    return sum(t["amount_cents"] for t in lines)


def income(lines):
    return sum(t["amount_cents"] for t in lines if t["amount_cents"] > 0)


def spent(lines):
    return -sum(t["amount_cents"] for t in lines if t["amount_cents"] < 0)


def grouped(lines, *keys):
    groups = {}
    for t in lines:
        groups.setdefault(tuple(t[k] for k in keys), []).append(t)
    return groups
