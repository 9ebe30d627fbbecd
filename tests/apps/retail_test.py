"""A year of real invoices, loaded by `freshet load`, against the same CSV read and summed up in plain Python."""

import csv
import lzma
import re
import shlex
import sys
import unittest
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, example, test_data  # noqa: E402


def load_arguments():
    """The command of the README, so that what people copy is what is tested."""
    readme = (example("retail") / "README.md").read_text()
    command = re.search(r"freshet load examples/retail .*?[^\\]\n", readme, re.DOTALL).group(0)
    words = shlex.split(command)
    return [words[i + 1] for i, word in enumerate(words) if word == "--map"]


def read_lines(path):
    with lzma.open(path, "rt", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            yield {
                "id": number, "invoice_no": row["InvoiceNo"], "stock_code": row["StockCode"],
                "description": row["Description"] or None, "quantity": int(row["Quantity"]),
                "invoice_date": row["InvoiceDate"].replace(" ", "T"), "month": row["InvoiceDate"][:7],
                "unit_price": Decimal(row["UnitPrice"]), "amount": int(row["Quantity"]) * Decimal(row["UnitPrice"]),
                "customer_id": int(Decimal(row["CustomerID"])) if row["CustomerID"] else None, "country": row["Country"],
                "cancelled": row["InvoiceNo"].startswith("C")}


class Retail(ServedApp):
    folder = example("retail")

    @classmethod
    def setUpClass(cls):
        path = test_data("online_retail/online_retail.csv.xz")
        maps = [word for m in load_arguments() for word in ("--map", m)]

        def load(server):
            server.cli("migrate", str(server.copy))
            server.cli("load", str(server.copy), "invoice_lines", str(path), *maps)

        cls.options = {"prepare": load}
        super().setUpClass()
        cls.lines = list(read_lines(path))

    def groups(self, key, keep=lambda line: True):
        groups = defaultdict(list)
        for line in self.lines:
            if keep(line):
                groups[key(line)].append(line)
        return groups

    def test_every_line_arrived_as_it_was(self):
        rows = self.server.rows("SELECT * FROM invoice_lines ORDER BY id")
        self.assertEqual(len(rows), 541_909)
        self.assertEqual(len(rows), len(self.lines))
        for row, line in zip(rows, self.lines):
            found = (row["invoice_no"], row["stock_code"], row["description"], row["quantity"], row["invoice_date"],
                     Decimal(row["unit_price_mil"]).scaleb(-3), row["customer_id"], row["country"])
            wanted = (line["invoice_no"], line["stock_code"], line["description"], line["quantity"], line["invoice_date"],
                      line["unit_price"], line["customer_id"], line["country"])
            if found != wanted:
                self.fail(f"line {line['id']}: {found} is not {wanted}")

    def test_revenue_by_month_and_country(self):
        groups = self.groups(lambda line: (line["month"], line["country"]))
        expected = [{"month": m, "country": c, "line_count": len(part), "revenue": sum(x["amount"] for x in part),
                     "cancelled": -sum((x["amount"] for x in part if x["cancelled"]), Decimal(0))}
                    for (m, c), part in sorted(groups.items())]
        self.assertEqual(self.ok("/revenue/by-month"), expected)
        self.assertEqual(self.ok("/revenue/by-month", country="France", to="2011-03"),
                         [e for e in expected if e["country"] == "France" and e["month"] <= "2011-03"])

    def test_revenue_by_country(self):
        groups = self.groups(lambda line: line["country"], lambda line: "2011-01" <= line["month"] <= "2011-06")
        expected = [{"country": c, "line_count": len(part), "revenue": sum(x["amount"] for x in part)} for c, part in groups.items()]
        expected.sort(key=lambda e: (-e["revenue"], e["country"]))
        self.assertEqual(self.ok("/revenue/by-country", **{"from": "2011-01", "to": "2011-06"}), expected)

    def test_best_sellers_are_net_of_cancellations(self):
        for by, months in (("quantity", {}), ("revenue", {"from": "2011-10", "to": "2011-11"})):
            with self.subTest(by):
                first, last = months.get("from", "0001-01"), months.get("to", "9999-12")
                groups = self.groups(lambda line: line["stock_code"], lambda line: first <= line["month"] <= last)
                figures = {code: (sum(x["quantity"] for x in part), sum(x["amount"] for x in part),
                                  -sum(x["quantity"] for x in part if x["cancelled"])) for code, part in groups.items()}
                best = sorted(figures, key=lambda code: (-figures[code][by == "revenue"], code))[:25]
                names = self.groups(lambda line: line["stock_code"], lambda line: line["stock_code"] in best and line["description"])
                expected = []
                for code in best:
                    counts = Counter(x["description"] for x in names[code])
                    quantity, revenue, cancelled = figures[code]
                    expected.append({"stock_code": code, "description": min(counts, key=lambda d: (-counts[d], d)) if counts else None,
                                     "quantity": quantity, "cancelled_quantity": cancelled, "revenue": revenue})
                self.assertEqual(self.ok("/products/best-sellers", by=by, limit=25, **months), expected)

    def test_history_of_a_customer(self):
        for number in (17850, 12346, 14911):
            with self.subTest(number):
                lines = [x for x in self.lines if x["customer_id"] == number]
                answer = self.ok(f"/customers/{number}/history")
                self.assertEqual((answer["line_count"], answer["revenue"]), (len(lines), sum(x["amount"] for x in lines)))
                invoices = defaultdict(list)
                for line in lines:
                    invoices[line["invoice_no"]].append(line)
                self.assertEqual(answer["invoice_count"], len(invoices))
                self.assertEqual(answer["cancelled_count"], sum(n.startswith("C") for n in invoices))
                order = sorted(invoices, key=lambda n: (min(x["invoice_date"] for x in invoices[n]), n))
                self.assertEqual([i["invoice_no"] for i in answer["invoices"]], order)
                for invoice in answer["invoices"]:
                    part = invoices[invoice["invoice_no"]]
                    self.assertEqual(invoice["amount"], sum(x["amount"] for x in part))
                    self.assertEqual(invoice["is_cancellation"], part[0]["cancelled"])
                    self.assertEqual([(x["id"], x["stock_code"], x["quantity"], x["unit_price"], x["amount"]) for x in invoice["lines"]],
                                     [(x["id"], x["stock_code"], x["quantity"], x["unit_price"], x["amount"]) for x in part])
        self.refused("GET", "/customers/1/history", status=404)

    def test_top_customers(self):
        groups = self.groups(lambda line: line["customer_id"], lambda line: line["customer_id"] is not None)
        top = sorted(groups, key=lambda c: (-sum(x["amount"] for x in groups[c]), c))[:20]
        self.assertEqual([(c["id"], c["revenue"], c["invoice_count"], c["last_month"]) for c in self.ok("/customers/top")],
                         [(c, sum(x["amount"] for x in groups[c]), len({x["invoice_no"] for x in groups[c]}),
                           max(x["month"] for x in groups[c])) for c in top])

    def test_cohort_retention(self):
        active = self.groups(lambda line: line["customer_id"], lambda line: line["customer_id"] is not None and not line["cancelled"])
        months = {customer: {x["month"] for x in part} for customer, part in active.items()}
        number = lambda month: int(month[:4]) * 12 + int(month[5:])
        sizes, returned = Counter(), Counter()
        for seen in months.values():
            cohort = min(seen)
            sizes[cohort] += 1
            for month in seen:
                returned[cohort, number(month) - number(cohort)] += 1
        self.assertEqual(self.ok("/cohorts"), [
            {"cohort": c, "months_since": n, "cohort_size": sizes[c], "customer_count": count,
             "retention": (Decimal(100 * count) / sizes[c]).quantize(Decimal("0.01"), ROUND_HALF_UP)}
            for (c, n), count in sorted(returned.items())])

    def test_cancellations_are_paged_newest_first(self):
        cancelled = sorted((x for x in self.lines if x["cancelled"]), key=lambda x: (x["invoice_date"], x["id"]), reverse=True)
        page = self.ok("/cancellations", page=2, page_size=100)
        self.assertEqual(page["total"], len(cancelled))
        self.assertEqual([x["id"] for x in page["items"]], [x["id"] for x in cancelled[100:200]])
        part = self.ok("/cancellations", country="Germany", page_size=500, **{"from": "2011-05-01", "to": "2011-05-31"})
        self.assertEqual([x["id"] for x in part["items"]], [
            x["id"] for x in cancelled if x["country"] == "Germany" and "2011-05-01" <= x["invoice_date"][:10] <= "2011-05-31"])


if __name__ == "__main__":
    unittest.main()
