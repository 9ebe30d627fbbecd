"""One app folder on two databases, seeded alike: every route answers the same JSON, mistakes included."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import Server, app  # noqa: E402

VOLATILE = {"created_at", "updated_at", "request_id", "instance"}
LINE = {"date_op": "2025-03-14", "label": "LUNCH", "category": "Eating out", "account": "Joint account", "amount_cents": -1250}
PROVISION = {"name": "A boat", "base_calculation": "fixed", "fixed_cents": 12345}
MONTHS = ("2021-01", "2023-07", "2025-12", "2010-01")
READS = [
    *((path, {"month": month}) for month in MONTHS for path in (
        "/config", "/custom-provisions/summary", "/dashboard/expenses", "/dashboard/provisions/details", "/dashboard/savings",
        "/dashboard/summary", "/dashboard/summary/slim", "/fixed-lines", "/provisions/calculate", "/summary/enhanced",
        "/dashboard/categories/Groceries")),
    *(("/dashboard/drill-down/Groceries", {"month": "2025-11", "level": level})
      for level in ("summary", "subcategories", "transactions")),
    ("/dashboard/drill-down/Groceries", {"month": "2025-11", "level": "transactions", "subcategory": "Bakery"}),
    ("/analytics/categories", {"from": "2024-01", "to": "2025-12"}),
    ("/analytics/categories", {"to": "2025-12", "expense_types": "FIXED,PROVISION"}),
    ("/config/versions", {}), ("/custom-provisions", {}), ("/custom-provisions", {"active": "false"}),
    ("/custom-provisions/3", {}), ("/custom-provisions/999", {}), ("/fixed-lines", {"month": "2025-01", "active": "true"}),
    ("/transactions/hierarchy", {"from": "2025-01", "to": "2025-06"}), ("/transactions/categories", {}),
    ("/transactions/subcategories", {}), ("/transactions/subcategories", {"category": "Groceries"}),
    ("/transactions/export", {"from": "2025-11-01", "to": "2025-12-31"}),
    *(("/transactions", {"sort": sort, "page_size": 20}) for sort in
      ("date_desc", "date_asc", "amount_desc", "amount_asc", "label")),
    ("/transactions", {"q": "bakery", "min_cents": "-500", "expense_types": "VARIABLE"}),
    ("/transactions", {"exclude": "true"}), ("/transactions", {"provision_id": 3, "from": "2024-01"}),
    ("/transactions", {"category": "Nothing of the kind"}), ("/transactions/7", {}), ("/transactions/999999", {}),
    ("/transactions", {"month": "2025-13"}), ("/transactions", {"nonsense": 1}),
]
WRITES = [  # those that fail come last: PostgreSQL does not give a number back
    ("POST", "/transactions", LINE),
    ("POST", "/transactions", [LINE, {**LINE, "amount_cents": 7}]),
    ("POST", "/transactions", {**LINE, "tags": ["é", "a\"b"], "import_id": "one", "provision_id": 2, "month": "2025-04"}),
    ("POST", "/transactions", {**LINE, "import_id": "one"}),
    ("POST", "/transactions", {**LINE, "provision_id": 4711}),
    ("POST", "/transactions", {**LINE, "tags": {"not": "a list"}}),
    ("POST", "/transactions", {**LINE, "date_op": "2025-02-30"}),
    ("POST", "/transactions", [LINE, {**LINE, "import_id": "one"}]),
    ("PATCH", "/transactions/1", {"label": "DINNER", "date_op": "2025-07-31"}),
    ("PATCH", "/transactions/1", {"tags": None, "provision_id": None}),
    ("PUT", "/transactions/2", {**LINE, "date_op": "2025-05-01", "exclude": True}),
    ("PATCH", "/transactions/999999", {"label": "x"}),
    ("DELETE", "/transactions/3", None), ("DELETE", "/transactions/3", None),
    ("POST", "/custom-provisions", PROVISION), ("POST", "/custom-provisions", PROVISION),
    ("POST", "/custom-provisions", {"name": "No amount", "base_calculation": "fixed"}),
    ("POST", "/custom-provisions", {"name": "Odd", "percentage": "12.345"}),
    ("PATCH", "/custom-provisions/1", {"percentage": "7.25", "is_active": False, "description": None}),
    ("PUT", "/custom-provisions/2", {"name": "Holidays", "percentage": 5, "split_mode": "custom", "split_member1": "33.33",
                                     "split_member2": "66.67"}),
    ("PUT", "/custom-provisions/2", {"name": "Holidays", "percentage": 5, "split_mode": "custom", "split_member1": 50,
                                     "split_member2": 51}),
    ("DELETE", "/custom-provisions/4", None),
    ("POST", "/fixed-lines", {"label": "Piano", "category": "Leisure", "amount_cents": 10001, "frequency": "quarterly"}),
    ("PUT", "/fixed-lines/1", {"label": "Rent", "category": "Housing", "amount_cents": 130000, "split_mode": "50/50"}),
    ("DELETE", "/fixed-lines/2", None),
    ("PUT", "/config", {"valid_from": "2025-06", "rev1_cents": 500000, "rev2_cents": 1, "tax_rate1": "20.15"}),
    ("PUT", "/config", {"valid_from": "2025-07", "rev1_cents": 1, "rev2_cents": 1, "split_mode": "manuel", "split1": 60,
                        "split2": 60}),
]


def comparable(value):
    if isinstance(value, dict):
        return {k: comparable(v) for k, v in value.items() if k not in VOLATILE}
    return [comparable(v) for v in value] if isinstance(value, list) else value


class Databases(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.servers = [Server(app("household"), seed_rows=1200, on_postgres=kind) for kind in (False, True)]
        for server in cls.servers:
            server.start()

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.stop()

    def both(self, method, path, query=None, body=None):
        first, second = (server.request(method, path, query, body) for server in self.servers)
        with self.subTest(method=method, path=path, query=query, body=body):
            self.assertEqual(first.status, second.status, (first, second))
            if first.body or second.body:
                self.assertEqual(comparable(first.json()), comparable(second.json()))

    def read_everything(self):
        for path, query in READS:
            self.both("GET", path, query)

    def test_reads_then_writes_then_reads_again(self):
        self.read_everything()
        for method, path, body in WRITES:
            self.both(method, path, body=body)
        self.read_everything()

    def test_both_describe_the_same_routes(self):
        paths = [server.ok_json("/openapi.json")["paths"] for server in self.servers]
        self.assertEqual(paths[0].keys(), paths[1].keys())
        for path, methods in paths[0].items():
            for method, operation in methods.items():
                self.assertEqual(operation.get("parameters"), paths[1][path][method].get("parameters"), (method, path))

    def test_exports_are_equal_in_every_form(self):
        query = {"from": "2025-01-01", "to": "2025-12-31"}
        for form in ("text/csv", "application/x-ndjson"):
            first, second = (server.request("GET", "/transactions/export", query, headers={"Accept": form})
                             for server in self.servers)
            self.assertEqual(first.status, 200)
            lines = [[line for line in answer.body.decode().splitlines()] for answer in (first, second)]
            self.assertEqual(len(lines[0]), len(lines[1]))


if __name__ == "__main__":
    unittest.main()
