"""Every figure of the household's endpoints against the same database read and summed up in plain Python."""

import csv
import io
import json
import sys
import unittest
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, app, half_up, literal, percent  # noqa: E402
from household_model import (  # noqa: E402
    Book, Key, config_of, fixed_line, grouped, income, provision, round_half_up, shift, spent, total)

TYPES = ("FIXED", "PROVISION", "VARIABLE")
ODD = "Café & more/50%?#+"


def add_odd_lines(server):
    """What the seed has not: refunds larger than spending, zero amounts, budget months of their own, hard names, ties."""
    lines = [
        ("2025-11-30", "2025-12", "SALARY IN ADVANCE", "Income", "Salary", 123457, "VARIABLE", False),
        ("2025-11-02", "2025-11", "COFFEE", ODD, "Other", -333, "VARIABLE", False),
        ("2025-11-03", "2025-11", "BEANS", ODD, "Beans & co", -1, "FIXED", False),
        ("2025-11-04", "2025-11", "COFFEE BACK", ODD, "Other", 500, "VARIABLE", False),
        ("2025-11-05", "2025-11", "NOTHING", "Zero", "Other", 0, "VARIABLE", False),
        ("2025-11-06", "2025-11", "KEPT OUT", ODD, "Other", -99999, "VARIABLE", True),
        ("2025-11-15", "2025-11", "SAME DAY 1", "Groceries", "Bakery", -420, "VARIABLE", False),
        ("2025-11-15", "2025-11", "SAME DAY 2", "Groceries", "Bakery", -420, "VARIABLE", False),
        ("2025-11-15", "2025-11", "SAME DAY 3", "Groceries", "Market", -420, "VARIABLE", False),
        ("2024-03-01", "2024-03", "ONLY INCOME", "Refunds", "Other", 777, "PROVISION", False),
    ]
    columns = "date_op, month, label, category, subcategory, amount_cents, expense_type, exclude, account"
    server.write(*(f"INSERT INTO transactions ({columns}) VALUES ({', '.join(map(literal, line))}, 'Joint account')"
                   for line in lines),
                 "UPDATE transactions SET tags = '[\"x\", {\"y\": [1, null]}]' WHERE label = 'BEANS'")


class Figures(ServedApp):
    folder = app("household")
    options = {"seed_rows": 3000, "until": "2025-12", "prepare": add_odd_lines}
    months = ("2021-01", "2023-07", "2024-03", "2025-11", "2025-12", "2010-01")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = cls.server.rows("SELECT * FROM transactions ORDER BY id")
        cls.book = Book([dict(row, exclude=bool(row["exclude"])) for row in rows])
        cls.configs = cls.server.rows("SELECT * FROM config_versions")
        cls.plans = cls.server.rows("SELECT * FROM custom_provisions ORDER BY display_order, id")
        cls.fixed = cls.server.rows("SELECT * FROM fixed_lines ORDER BY display_order, id")

    def key(self, month):
        return Key(config_of(self.configs, month))

    def active(self, month):
        key = self.key(month)
        return [(p, provision(p, key)) for p in self.plans if p["is_active"]]

    def test_the_seed_is_what_the_readme_promises(self):
        self.assertGreaterEqual(len(self.book.lines), 3000)
        self.assertEqual(len({t["month"] for t in self.book.lines}), 60)
        self.assertGreaterEqual(len(self.plans), 12)
        self.assertGreaterEqual(len(self.configs), 3)

    def test_summary_adds_up_types_and_categories(self):
        for month in self.months:
            with self.subTest(month):
                lines = self.book.of(month)
                answer = self.ok("/dashboard/summary", month=month)
                self.assertEqual(answer["month"], month)
                self.assertEqual(answer["transaction_count"], len(lines))
                self.assertEqual(answer["income_cents"], income(lines))
                self.assertEqual(answer["spent_cents"], spent(lines))
                self.assertEqual(answer["balance_cents"], total(lines))
                self.assertEqual(answer["by_type"], [
                    {"expense_type": t, "transaction_count": len(part), "income_cents": income(part),
                     "spent_cents": spent(part), "total_cents": total(part)}
                    for (t,), part in sorted(grouped(lines, "expense_type").items())])
                expected = [
                    {"category": c, "expense_type": t, "transaction_count": len(part), "income_cents": income(part),
                     "spent_cents": spent(part), "total_cents": total(part),
                     "share": percent(spent(part), spent(lines))}
                    for (c, t), part in grouped(lines, "category", "expense_type").items()]
                expected.sort(key=lambda e: (e["total_cents"], e["category"].encode(), e["expense_type"]))
                self.assertEqual(answer["categories"], expected)

    def test_slim_summary(self):
        for month in self.months:
            lines = self.book.of(month)
            self.assertEqual(self.ok("/dashboard/summary/slim", month=month), {
                "month": month, "transaction_count": len(lines), "income_cents": income(lines),
                "spent_cents": spent(lines), "balance_cents": total(lines)})

    def test_savings_against_the_plan_and_over_the_months(self):
        for month, months in (("2025-12", 12), ("2024-03", 3), ("2010-01", 1)):
            with self.subTest(month):
                lines = self.book.of(month)
                put = self.book.of(month, expense_type="PROVISION")
                earned = income([t for t in lines if t["expense_type"] != "PROVISION"])
                planned = sum(p["monthly_cents"] for _, p in self.active(month))
                saved = -total(put)
                answer = self.ok("/dashboard/savings", month=month, months=months)
                self.assertEqual(answer["totals"], {
                    "month": month, "income_cents": earned, "saved_cents": saved, "planned_cents": planned,
                    "difference_cents": saved - planned,
                    "rate": percent(saved, earned) if earned > 0 and saved > 0 else Decimal("0.00")})
                expected = [{"category": c, "subcategory": s, "transaction_count": len(part), "saved_cents": -total(part)}
                            for (c, s), part in grouped(put, "category", "subcategory").items()]
                expected.sort(key=lambda e: (-e["saved_cents"], e["category"], e["subcategory"]))
                self.assertEqual(answer["by_category"], expected)
                history = self.book.of(first=shift(month, 1 - months), last=month, expense_type="PROVISION")
                self.assertEqual(answer["history"], [
                    {"month": m, "transaction_count": len(part), "saved_cents": -total(part)}
                    for (m,), part in sorted(grouped(history, "month").items())])

    def test_expenses_with_their_shares(self):
        for month in self.months:
            for types in (None, ["FIXED"], ["VARIABLE", "PROVISION"]):
                with self.subTest(month=month, types=types):
                    lines = [t for t in self.book.of(month) if t["amount_cents"] < 0
                             and t["expense_type"] in (types or ("VARIABLE", "FIXED"))]
                    expected = [
                        {"expense_type": t, "category": c, "subcategory": s, "transaction_count": len(part),
                         "spent_cents": spent(part), "share": percent(spent(part), spent(lines))}
                        for (t, c, s), part in grouped(lines, "expense_type", "category", "subcategory").items()]
                    expected.sort(key=lambda e: (-e["spent_cents"], e["category"].encode(), e["subcategory"].encode(), e["expense_type"]))
                    self.assertEqual(self.ok("/dashboard/expenses", month=month, expense_types=types), expected)

    def test_enhanced_has_everything_in_one_snapshot(self):
        for month in self.months:
            with self.subTest(month):
                answer = self.ok("/summary/enhanced", month=month)
                lines, before = self.book.of(month), self.book.of(shift(month, -1))
                config, key = config_of(self.configs, month), self.key(month)
                self.assertEqual(answer["period"], {
                    "month": month, "previous_month": shift(month, -1), "next_month": shift(month, 1),
                    "config_version": config["version"]})
                self.assertEqual(answer["config"], {
                    **{k: config[k] for k in ("version", "valid_from", "member1", "member2", "rev1_cents", "rev2_cents",
                                              "split_mode")},
                    "tax_rate1": Decimal(config["tax_rate1_bp"]).scaleb(-2),
                    "tax_rate2": Decimal(config["tax_rate2_bp"]).scaleb(-2),
                    "net1_cents": key.net1, "net2_cents": key.net2, "net_cents": key.net,
                    "ratio1": key.ratio1, "ratio2": key.ratio2})
                of_type = {t: spent(self.book.of(month, expense_type=t)) for t in TYPES}
                self.assertEqual(answer["totals"], {
                    "transaction_count": len(lines), "income_cents": income(lines), "spent_cents": spent(lines),
                    "balance_cents": total(lines), "variable_cents": of_type["VARIABLE"],
                    "fixed_cents": of_type["FIXED"], "provision_cents": of_type["PROVISION"]})
                self.check_previous(answer["previous"], month, lines, before)
                self.check_parts(answer, month, lines)
                self.check_enhanced_provisions(answer, month, lines)

    def check_previous(self, previous, month, lines, before):
        change = spent(lines) - spent(before)
        bp = half_up(10000 * abs(change), spent(before)) if spent(before) else None
        self.assertEqual(previous, {
            "month": shift(month, -1), "transaction_count": len(before), "income_cents": income(before),
            "spent_cents": spent(before), "balance_cents": total(before),
            "income_change_cents": income(lines) - income(before), "spent_change_cents": change,
            "spent_change": None if bp is None else Decimal(bp if change >= 0 else -bp).scaleb(-2)})

    def check_parts(self, answer, month, lines):
        by_type = [{"expense_type": t, "transaction_count": len(part), "total_cents": total(part),
                    "spent_cents": spent(part), "share": percent(spent(part), spent(lines))}
                   for (t,), part in grouped(lines, "expense_type").items()]
        by_type.sort(key=lambda e: (-e["spent_cents"], e["expense_type"]))
        self.assertEqual(answer["by_expense_type"], by_type)
        by_category = [
            {"category": c, "expense_type": t, "transaction_count": len(part), "total_cents": total(part),
             "spent_cents": spent(part), "share": percent(spent(part), spent(lines)),
             "url": f"/dashboard/drill-down/{quote(c, safe='')}?month={month}&expense_types={t}"}
            for (c, t), part in grouped(lines, "category", "expense_type").items()]
        by_category.sort(key=lambda e: (-e["spent_cents"], e["category"].encode(), e["expense_type"]))
        self.assertEqual(answer["by_category"], by_category)
        self.assertEqual(answer["drill_down_urls"], {
            c: f"/dashboard/drill-down/{quote(c, safe='')}?month={month}" for (c,) in grouped(lines, "category")})

    def check_enhanced_provisions(self, answer, month, lines):
        put = {p["id"]: -total([t for t in self.book.lines if t["provision_id"] == p["id"] and t["month"] == month])
               for p in self.plans}
        active = self.active(month)
        self.assertEqual(answer["provisions"], [
            {"id": p["id"], "name": p["name"], "base_calculation": p["base_calculation"], "split_mode": p["split_mode"],
             "monthly_cents": c["monthly_cents"], "member1_cents": c["member1_cents"],
             "member2_cents": c["member2_cents"], "put_aside_cents": put[p["id"]],
             "current_cents": p["current_cents"], "target_cents": p["target_cents"], "progress": c["progress"]}
            for p, c in active])
        fixed = [fixed_line(f, self.key(month)) for f in self.fixed if f["is_active"]]
        self.assertEqual(answer["fixed_lines"], {
            "line_count": len(fixed), **{k: sum(f[k] for f in fixed) for k in ("monthly_cents", "member1_cents", "member2_cents")}})
        saved = -total([t for t in lines if t["expense_type"] == "PROVISION"])
        sums = {k: sum(c[k] for _, c in active) for k in ("monthly_cents", "member1_cents", "member2_cents")}
        self.assertEqual(answer["savings"], {
            "saved_cents": saved, "planned_cents": sums["monthly_cents"], "member1_cents": sums["member1_cents"],
            "member2_cents": sums["member2_cents"], "difference_cents": saved - sums["monthly_cents"],
            "rate": percent(saved, income(lines)) if saved > 0 and income(lines) > 0 else Decimal("0.00")})

    def test_provision_details_with_what_was_put_aside(self):
        for month, inactive in (("2025-11", None), ("2023-07", "true"), ("2010-01", "false")):
            with self.subTest(month):
                key = self.key(month)
                chosen = [(p, provision(p, key)) for p in self.plans if p["is_active"] or inactive == "true"]
                put = [-total([t for t in self.book.lines if t["provision_id"] == p["id"] and t["month"] == month])
                       for p, _ in chosen]
                answer = self.ok("/dashboard/provisions/details", month=month, include_inactive=inactive)
                self.assertEqual(answer["provisions"], [
                    {"id": p["id"], "name": p["name"], "description": p["description"],
                     "base_calculation": p["base_calculation"],
                     "percentage": None if p["percentage_bp"] is None else Decimal(p["percentage_bp"]).scaleb(-2),
                     "fixed_cents": p["fixed_cents"], "split_mode": p["split_mode"], "is_active": bool(p["is_active"]),
                     "put_aside_cents": aside, "current_cents": p["current_cents"], "target_cents": p["target_cents"], **c}
                    for (p, c), aside in zip(chosen, put)])
                self.assertEqual(answer["totals"], {
                    "month": month, "provision_count": len(chosen), "put_aside_cents": sum(put),
                    **{k: sum(c[k] for _, c in chosen) for k in ("monthly_cents", "member1_cents", "member2_cents")},
                    "current_cents": sum(p["current_cents"] for p, _ in chosen),
                    "target_cents": sum(p["target_cents"] or 0 for p, _ in chosen)})

    def test_provisions_summary(self):
        for month in ("2025-11", "2023-07", "2010-01"):
            with self.subTest(month):
                active = self.active(month)
                answer = self.ok("/custom-provisions/summary", month=month)
                sums = ("monthly_cents", "member1_cents", "member2_cents")
                targets = sum(p["target_cents"] or 0 for p, _ in active)
                there = sum(p["current_cents"] for p, _ in active if p["target_cents"])
                self.assertEqual(answer["totals"], {
                    "month": month, "provision_count": len(active), "inactive_count": len(self.plans) - len(active),
                    **{k: sum(c[k] for _, c in active) for k in sums},
                    "current_cents": sum(p["current_cents"] for p, _ in active), "target_cents": targets,
                    "complete_count": sum(1 for p, _ in active if p["target_cents"] and p["current_cents"] >= p["target_cents"]),
                    "progress": percent(there, targets)})
                for name, column in (("by_base", "base_calculation"), ("by_split", "split_mode")):
                    values = sorted({p[column] for p, _ in active})
                    self.assertEqual(answer[name], [
                        {column: v, "provision_count": sum(1 for p, _ in active if p[column] == v),
                         **{k: sum(c[k] for p, c in active if p[column] == v) for k in sums}} for v in values])

    def test_one_category(self):
        for month, category in (("2025-11", "Groceries"), ("2025-11", ODD), ("2025-12", "Income"), ("2010-01", "Nothing")):
            with self.subTest(category):
                lines = self.book.of(month, category=category)
                answer = self.ok(f"/dashboard/categories/{quote(category, safe='')}", month=month, months=5)
                self.assertEqual(answer["totals"], {
                    "category": category, "month": month, "transaction_count": len(lines), "income_cents": income(lines),
                    "spent_cents": spent(lines), "total_cents": total(lines)})
                parts = [{"subcategory": s, "expense_type": t, "transaction_count": len(part), "total_cents": total(part),
                          "smallest_cents": min(x["amount_cents"] for x in part),
                          "largest_cents": max(x["amount_cents"] for x in part)}
                         for (s, t), part in grouped(lines, "subcategory", "expense_type").items()]
                parts.sort(key=lambda e: (e["total_cents"], e["subcategory"], e["expense_type"]))
                self.assertEqual(answer["subcategories"], parts)
                history = self.book.of(first=shift(month, -4), last=month, category=category)
                self.assertEqual(answer["history"], [
                    {"month": m, "transaction_count": len(part), "total_cents": total(part)}
                    for (m,), part in sorted(grouped(history, "month").items())])
                largest = sorted(lines, key=lambda t: (-abs(t["amount_cents"]), t["id"]))[:10]
                columns = ("id", "date_op", "label", "subcategory", "account", "amount_cents", "expense_type")
                self.assertEqual(answer["largest"], [{k: t[k] for k in columns} for t in largest])

    def test_drill_down_from_category_to_lines_by_its_own_links(self):
        month = "2025-11"
        for category in ("Groceries", "Transport", ODD):
            with self.subTest(category):
                url = self.ok("/summary/enhanced", month=month)["drill_down_urls"][category]
                summary = self.ok(url)
                lines = self.book.of(month, category=category)
                self.assertEqual(summary["totals"], {
                    "category": category, "month": month, "level": "summary", "transaction_count": len(lines),
                    "total_cents": total(lines)})
                expected = [{"expense_type": t, "transaction_count": len(part), "total_cents": total(part),
                             "subcategory_count": len(grouped(part, "subcategory")),
                             "smallest_cents": min(x["amount_cents"] for x in part),
                             "largest_cents": max(x["amount_cents"] for x in part)}
                            for (t,), part in grouped(lines, "expense_type").items()]
                expected.sort(key=lambda e: (e["total_cents"], e["expense_type"]))
                self.assertEqual(summary["summary"], expected)
                self.assertNotIn("transactions", summary)
                deeper = next(n for n in summary["next"] if n["level"] == "subcategories")
                self.check_subcategories(self.ok(deeper["url"]), lines)

    def check_subcategories(self, answer, lines):
        self.assertNotIn("summary", answer)
        expected = [{"subcategory": s, "transaction_count": len(part), "total_cents": total(part),
                     "share": percent(spent(part), spent(lines))} for (s,), part in grouped(lines, "subcategory").items()]
        expected.sort(key=lambda e: (e["total_cents"], e["subcategory"]))
        self.assertEqual(answer["subcategories"], expected)
        options = [n for n in answer["next"] if n["subcategory"] is not None]
        self.assertEqual({n["subcategory"] for n in options}, {t["subcategory"] for t in lines})
        for option in options:
            self.check_lines(self.ok(option["url"]), [t for t in lines if t["subcategory"] == option["subcategory"]])

    def check_lines(self, answer, lines):
        self.assertEqual(answer["next"], [])
        newest = sorted(lines, key=lambda t: (t["date_op"], t["id"]), reverse=True)
        columns = ("id", "date_op", "label", "subcategory", "account", "amount_cents", "expense_type")
        page = answer["transactions"]
        self.assertEqual(page["total"], len(lines))
        self.assertEqual(page["items"], [{**{k: t[k] for k in columns}, "tags": json.loads(t["tags"])} for t in newest[:50]])

    def test_drill_down_pages_and_narrows(self):
        lines = sorted(self.book.of("2025-11", category="Groceries"), key=lambda t: (t["date_op"], t["id"]), reverse=True)
        ids, page = [], 1
        while True:
            answer = self.ok("/dashboard/drill-down/Groceries", month="2025-11", level="transactions", page=page, page_size=4)
            envelope = answer["transactions"]
            self.assertEqual((envelope["page"], envelope["page_size"], envelope["total"]), (page, 4, len(lines)))
            self.assertEqual(envelope["total_pages"], -(-len(lines) // 4))
            self.assertEqual(envelope["has_previous"], page > 1)
            ids += [item["id"] for item in envelope["items"]]
            if not envelope["has_next"]:
                break
            page += 1
        self.assertEqual(ids, [t["id"] for t in lines])
        fixed_only = self.ok("/dashboard/drill-down/Housing", month="2025-11", expense_types="FIXED")
        self.assertEqual(fixed_only["totals"]["total_cents"],
                         total(self.book.of("2025-11", category="Housing", expense_type="FIXED")))

    def test_analytics_over_ranges(self):
        for first, last, types in (("2025-01", "2025-12", None), ("2021-01", "2025-12", ["FIXED", "VARIABLE"]),
                                   (None, "2025-11", None), ("2010-01", "2010-02", None)):
            with self.subTest(first=first, last=last):
                lines = [t for t in self.book.of(first=first or shift(last, -11), last=last)
                         if t["expense_type"] in (types or TYPES)]
                expected = []
                for (c, t), part in grouped(lines, "category", "expense_type").items():
                    mean = Fraction(total(part), len(part))
                    average = round_half_up(mean) if mean >= 0 else -round_half_up(-mean)
                    amounts = [x["amount_cents"] for x in part]
                    expected.append({
                        "category": c, "expense_type": t, "transaction_count": len(part), "total_cents": total(part),
                        "average_cents": average, "min_cents": min(amounts), "max_cents": max(amounts),
                        "month_count": len(grouped(part, "month"))})
                expected.sort(key=lambda e: (e["total_cents"], e["category"].encode(), e["expense_type"]))
                self.assertEqual(self.ok("/analytics/categories", **{"from": first}, to=last, expense_types=types), expected)

    def test_hierarchy_categories_and_subcategories(self):
        for first, last in ((None, None), ("2024-01", "2024-06"), ("2010-01", "2010-01")):
            with self.subTest(first=first):
                lines = self.book.of(first=first or "0001-01", last=last or "9999-12")
                query = {"from": first, "to": last}
                categories = sorted(grouped(lines, "category").items(), key=lambda g: g[0][0].encode())
                self.assertEqual(self.ok("/transactions/hierarchy", **query), [
                    {"category": c, "transaction_count": len(part), "total_cents": total(part), "subcategories": [
                        {"category": c, "subcategory": s, "transaction_count": len(sub), "total_cents": total(sub)}
                        for (s,), sub in sorted(grouped(part, "subcategory").items())]}
                    for (c,), part in categories])
                self.assertEqual(self.ok("/transactions/categories", **query), [
                    {"category": c, "transaction_count": len(part), "total_cents": total(part),
                     "first_month": min(t["month"] for t in part), "last_month": max(t["month"] for t in part)}
                    for (c,), part in categories])
                for only in (None, ODD, "Transport"):
                    expected = [
                        {"category": c, "subcategory": s, "transaction_count": len(part), "total_cents": total(part),
                         "last_month": max(t["month"] for t in part)}
                        for (c, s), part in sorted(grouped(lines, "category", "subcategory").items(),
                                                   key=lambda g: tuple(x.encode() for x in g[0]))
                        if only in (None, c)]
                    self.assertEqual(self.ok("/transactions/subcategories", category=only, **query), expected)

    def listed(self, t):
        return {**{k: t[k] for k in ("id", "date_op", "month", "label", "category", "subcategory", "account", "amount_cents",
                                     "expense_type", "exclude", "provision_id", "import_id", "created_at", "updated_at")},
                "tags": json.loads(t["tags"])}

    def test_list_filters_and_sorts(self):
        filters = (
            ({"month": "2025-11"}, lambda t: t["month"] == "2025-11"),
            ({"from": "2024-11", "to": "2025-01"}, lambda t: "2024-11" <= t["month"] <= "2025-01"),
            ({"category": "Groceries", "subcategory": "Bakery"},
             lambda t: t["category"] == "Groceries" and t["subcategory"] == "Bakery"),
            ({"account": "Account of Alex", "month": "2025-12"},
             lambda t: t["account"] == "Account of Alex" and t["month"] == "2025-12"),
            ({"expense_types": "FIXED,PROVISION"}, lambda t: t["expense_type"] in ("FIXED", "PROVISION")),
            ({"q": "bAkErY"}, lambda t: "bakery" in t["label"].lower()),
            ({"q": "%"}, lambda t: "%" in t["label"]),
            ({"min_cents": -500, "max_cents": 0}, lambda t: -500 <= t["amount_cents"] <= 0),
            ({"exclude": "true"}, lambda t: t["exclude"]),
            ({"exclude": "false", "month": "2025-11"}, lambda t: not t["exclude"] and t["month"] == "2025-11"),
            ({"provision_id": 3}, lambda t: t["provision_id"] == 3),
            ({"q": "no such label"}, lambda t: False),
        )
        for query, keep in filters:
            with self.subTest(query):
                expected = sorted(filter(keep, self.book.lines), key=lambda t: (t["date_op"], t["id"]), reverse=True)
                page = self.ok("/transactions", **query)
                self.assertEqual(page["total"], len(expected))
                self.assertEqual(page["items"], [self.listed(t) for t in expected[:50]])
        orders = {"date_asc": lambda t: (t["date_op"], -t["id"]), "amount_desc": lambda t: (-t["amount_cents"], -t["id"]),
                  "amount_asc": lambda t: (t["amount_cents"], -t["id"]), "label": lambda t: (t["label"], -t["id"])}
        for order, key in orders.items():
            with self.subTest(order):
                expected = sorted(self.book.lines, key=key)
                page = self.ok("/transactions", sort=order, page=3, page_size=100)
                self.assertEqual([t["id"] for t in page["items"]], [t["id"] for t in expected[200:300]])

    def test_export_streams_every_line_in_every_format(self):
        lines = sorted(self.book.lines, key=lambda t: (t["date_op"], t["id"]))
        expected = [self.listed(t) for t in lines]
        self.assertEqual(self.ok("/transactions/export"), expected)
        ndjson = self.server.request("GET", "/transactions/export", headers={"Accept": "application/x-ndjson"})
        self.assertEqual([json.loads(line) for line in ndjson.body.splitlines()], expected)
        response = self.server.request("GET", "/transactions/export", headers={"Accept": "text/csv"})
        self.assertEqual(response.headers.get_content_type(), "text/csv")
        table = list(csv.DictReader(io.StringIO(response.body.decode(), newline="")))
        self.assertEqual(len(table), len(expected))
        for row, line in zip(table, lines):
            self.assertEqual((int(row["id"]), row["label"], int(row["amount_cents"]), row["exclude"], row["tags"]),
                             (line["id"], line["label"], line["amount_cents"], str(line["exclude"]).lower(), line["tags"]))
        part = self.ok("/transactions/export", **{"from": "2025-11-02", "to": "2025-11-04"})
        self.assertEqual(part, [t for t in expected if "2025-11-02" <= t["date_op"] <= "2025-11-04"])

    def test_fixed_lines_with_their_monthly_shares(self):
        for month in ("2025-11", "2023-07", "2010-01"):
            page = self.ok("/fixed-lines", month=month)
            self.assertEqual(page["total"], len(self.fixed))
            for item, line in zip(page["items"], self.fixed):
                expected = fixed_line(line, self.key(month))
                self.assertEqual({k: item[k] for k in ("id", *expected)}, {"id": line["id"], **expected})
                self.assertEqual(item["member1_cents"] + item["member2_cents"], item["monthly_cents"])

    def test_wrong_parameters_are_named(self):
        for path, query, field in (
                ("/dashboard/summary", {"month": "2025-13"}, "month"),
                ("/dashboard/savings", {"months": "0"}, "months"),
                ("/dashboard/expenses", {"expense_types": "VARIABLE,SOMETIMES"}, "expense_types"),
                ("/dashboard/drill-down/X", {"level": "deeper"}, "level"),
                ("/transactions", {"page_size": "501"}, "page_size"),
                ("/transactions", {"min_cents": "1.5"}, "min_cents"),
                ("/transactions", {"sort": "random"}, "sort"),
                ("/transactions/0", {}, "id"),
                ("/transactions", {"colour": "red"}, "colour")):
            with self.subTest(path=path, field=field):
                self.refused("GET", path, query=query, field=field)


if __name__ == "__main__":
    unittest.main()
