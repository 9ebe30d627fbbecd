"""Transactions, provisions, fixed lines and configurations through their whole life, with every mistake on the way."""

import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, app  # noqa: E402

LINE = {"date_op": "2025-03-14", "label": "LUNCH", "category": "Eating out", "account": "Joint account", "amount_cents": -1250}


def without(body, key):
    return {k: v for k, v in body.items() if k != key}


class Transactions(ServedApp):
    folder = app("household")

    def create(self, **changes):
        return self.send("POST", "/transactions", {**LINE, **changes}, 201)

    def count(self):
        return self.server.rows("SELECT count(*) AS n FROM transactions")[0]["n"]

    def test_created_lines_have_their_defaults(self):
        line = self.create()
        self.assertEqual(
            {k: line[k] for k in line if k not in ("id", "created_at", "updated_at")},
            {**LINE, "month": "2025-03", "subcategory": "Other", "expense_type": "VARIABLE", "exclude": False, "tags": [],
             "provision_id": None, "import_id": None})
        self.assertEqual(self.ok(f"/transactions/{line['id']}"), line)

    def test_what_is_sent_is_what_is_kept(self):
        body = {**LINE, "month": "2025-04", "subcategory": "Bistro", "expense_type": "FIXED", "exclude": True,
                "tags": ["é", "a\"b", "\u2028"], "import_id": "kept-1", "label": "Ça; DROP TABLE transactions; -- '\"\\ 日本 😀"}
        line = self.send("POST", "/transactions", body, 201)
        self.assertEqual({k: line[k] for k in body}, body)
        self.assertEqual(self.ok(f"/transactions/{line['id']}"), line)
        self.assertEqual(self.ok("/transactions", q="drop table transactions; --")["items"][0]["id"], line["id"])

    def test_a_new_line_moves_the_month_figures(self):
        before = self.ok("/dashboard/summary", month="2031-01")
        self.assertEqual((before["transaction_count"], before["by_type"], before["categories"]), (0, [], []))
        line = self.create(date_op="2031-01-05", amount_cents=-999)
        self.create(date_op="2031-01-06", amount_cents=-1, exclude=True)
        after = self.ok("/dashboard/summary/slim", month="2031-01")
        self.assertEqual((after["transaction_count"], after["spent_cents"]), (1, 999))
        self.send("PATCH", f"/transactions/{line['id']}", {"exclude": True})
        self.assertEqual(self.ok("/dashboard/summary/slim", month="2031-01")["transaction_count"], 0)

    def test_put_replaces_everything_but_the_id(self):
        line = self.create(tags=["a"], exclude=True, import_id="put-1", subcategory="Bistro")
        replaced = self.send("PUT", f"/transactions/{line['id']}", {**LINE, "date_op": "2025-05-01", "amount_cents": 700})
        self.assertEqual(replaced["id"], line["id"])
        self.assertEqual((replaced["month"], replaced["amount_cents"], replaced["tags"], replaced["exclude"],
                          replaced["import_id"], replaced["subcategory"]), ("2025-05", 700, [], False, None, "Other"))
        self.assertEqual(replaced["created_at"], line["created_at"])
        self.refused("PUT", f"/transactions/{line['id']}", without(LINE, "label"), field="label", code="required")
        self.refused("PUT", "/transactions/999999999", LINE, status=404)

    def test_patch_changes_only_what_is_sent(self):
        line = self.create(import_id="patch-1", tags=["x"])
        url = f"/transactions/{line['id']}"
        patched = self.send("PATCH", url, {"label": "DINNER"})
        self.assertEqual({k: v for k, v in patched.items() if k not in ("label", "updated_at")},
                         {k: v for k, v in line.items() if k not in ("label", "updated_at")})
        self.assertEqual(patched["label"], "DINNER")
        self.assertEqual(self.send("PATCH", url, {"import_id": None, "tags": None})["import_id"], None)
        self.assertEqual(self.ok(url)["tags"], [])
        self.assertEqual(self.send("PATCH", url, {"date_op": "2025-07-31"})["month"], "2025-07")
        self.assertEqual(self.send("PATCH", url, {"month": "2025-08"})["date_op"], "2025-07-31")
        self.refused("PATCH", "/transactions/999999999", {"label": "x"}, status=404)

    def test_delete_removes_it_once(self):
        line = self.create()
        url = f"/transactions/{line['id']}"
        self.assertEqual(self.send("DELETE", url),
                         {"id": line["id"], "date_op": line["date_op"], "label": "LUNCH", "amount_cents": -1250})
        self.refused("DELETE", url, status=404)
        self.refused("GET", url, status=404)

    def test_bulk_is_all_or_nothing(self):
        before = self.count()
        lines = [{**LINE, "label": f"BULK {i}", "import_id": f"bulk-{i}"} for i in range(250)]
        created = self.send("POST", "/transactions", lines, 201)
        self.assertEqual([line["label"] for line in created], [line["label"] for line in lines])
        self.assertEqual(self.count(), before + 250)
        # One line that was imported already: none of the new ones stays.
        again = [{**LINE, "import_id": "new-1"}, {**LINE, "import_id": "bulk-7"}, {**LINE, "import_id": "new-2"}]
        self.refused("POST", "/transactions", again, status=409)
        self.assertEqual(self.count(), before + 250)
        # A mistake in one item is named with its place, and none is kept.
        problem = self.refused("POST", "/transactions", [LINE, {**LINE, "amount_cents": "much"}, without(LINE, "account")])
        fields = [error["field"] for error in problem["errors"]]
        self.assertTrue(any("1" in f and "amount_cents" in f for f in fields), fields)
        self.assertTrue(any("2" in f and "account" in f for f in fields), fields)
        self.assertEqual(self.count(), before + 250)
        self.assertEqual(self.send("POST", "/transactions", [], 201), [])
        self.refused("POST", "/transactions", [LINE] * 1001, status=413)
        self.assertEqual(self.count(), before + 250)

    def test_every_wrong_field_is_named(self):
        for field, value in (("date_op", "2025-02-30"), ("date_op", 5), ("date_op", "14/03/2025"), ("month", "2025-3"),
                             ("label", ""), ("label", "x" * 201), ("label", None), ("category", ""), ("account", ["a"]),
                             ("amount_cents", "12"), ("amount_cents", 12.5), ("amount_cents", 1_000_000_001),
                             ("amount_cents", 2**63), ("expense_type", "SOMETIMES"), ("exclude", "perhaps"),
                             ("provision_id", 0)):
            with self.subTest(field=field, value=value):
                self.refused("POST", "/transactions", {**LINE, field: value}, field=field)
        for field in ("date_op", "label", "category", "account", "amount_cents"):
            with self.subTest(missing=field):
                self.refused("POST", "/transactions", without(LINE, field), field=field, code="required")
        self.refused("POST", "/transactions", {**LINE, "colour": "red"}, field="colour", code="unknown")
        problem = self.refused("POST", "/transactions", {"label": 1, "amount_cents": "x"})
        self.assertGreaterEqual(len(problem["errors"]), 4)

    def test_what_the_schema_refuses_is_a_clear_422_or_409(self):
        self.refused("POST", "/transactions", {**LINE, "tags": {"not": "a list"}}, status=422)
        self.create(import_id="twice")
        self.refused("POST", "/transactions", {**LINE, "import_id": "twice"}, status=409)
        self.refused("POST", "/transactions", {**LINE, "provision_id": 424242}, status=409)

    def test_broken_bodies(self):
        headers = {"Content-Type": "application/json"}
        for raw in (b"{", b"[1]", b'"text"', b"\xff\xfe{}", b'{"label": "a", "label": "b"}', b"[" * 5000):
            with self.subTest(raw[:20]):
                response = self.server.request("POST", "/transactions", raw=raw, headers=headers)
                self.assertIn(response.status, (400, 422), response)
                self.assertEqual(response.headers.get_content_type(), "application/problem+json")
        self.refused("POST", "/transactions", raw=b"<a/>", headers={"Content-Type": "text/xml"}, status=415)
        self.refused("POST", "/transactions", raw=b"", status=422)
        self.assertEqual(self.server.get("/healthz").status, 200)

    def test_wrong_methods_and_routes(self):
        self.refused("DELETE", "/transactions", status=405)
        self.refused("POST", "/dashboard/summary", {}, status=405)
        self.refused("GET", "/transactionz", status=404)


PROVISION = {"name": "Bicycle", "base_calculation": "total", "percentage": 2.5}


class Provisions(ServedApp):
    folder = app("household")

    def create(self, status=201, **changes):
        return self.send("POST", "/custom-provisions", {**PROVISION, **changes}, status)

    def test_life_of_a_provision(self):
        made = self.create(name="Boat", target_cents=500000, split_mode="custom", split_member1="33.33", split_member2=66.67)
        self.assertEqual((made["percentage"], made["split_member1"], made["split_member2"], made["is_active"]),
                         (Decimal("2.50"), Decimal("33.33"), Decimal("66.67"), True))
        url = f"/custom-provisions/{made['id']}"
        self.assertEqual(self.ok(url), made)
        self.assertIn(made, self.ok("/custom-provisions")["items"])
        patched = self.send("PATCH", url, {"current_cents": 250000, "is_active": False})
        self.assertEqual((patched["current_cents"], patched["is_active"], patched["name"]), (250000, False, "Boat"))
        self.assertIn(made["id"], [p["id"] for p in self.ok("/custom-provisions", active="false")["items"]])
        self.assertNotIn(made["id"], [p["id"] for p in self.ok("/custom-provisions", active="true")["items"]])
        fixed = self.send("PATCH", url, {"base_calculation": "fixed", "fixed_cents": 4200, "percentage": None})
        self.assertEqual((fixed["fixed_cents"], fixed["percentage"]), (4200, None))
        put = self.send("PUT", url, {"name": "Raft", "base_calculation": "member1", "percentage": 1})
        self.assertEqual((put["name"], put["fixed_cents"], put["target_cents"], put["split_mode"], put["current_cents"]),
                         ("Raft", None, None, "key", 0))
        self.assertEqual(self.send("DELETE", url), {"id": made["id"], "name": "Raft"})
        for method, body in (("GET", None), ("PATCH", {}), ("PUT", PROVISION), ("DELETE", None)):
            self.refused(method, url, body, status=404)

    def test_lines_outlive_their_provision(self):
        made = self.create(name="Short lived")
        line = self.send("POST", "/transactions", {**LINE, "provision_id": made["id"], "expense_type": "PROVISION"}, 201)
        self.send("DELETE", f"/custom-provisions/{made['id']}")
        self.assertIsNone(self.ok(f"/transactions/{line['id']}")["provision_id"])

    def test_names_are_taken_once(self):
        self.create(name="Only one")
        self.refused("POST", "/custom-provisions", {**PROVISION, "name": "Only one"}, status=409)

    def test_what_does_not_fit_together_is_refused(self):
        for change in ({"base_calculation": "fixed"},
                       {"base_calculation": "total", "percentage": None},
                       {"split_mode": "custom"},
                       {"split_mode": "custom", "split_member1": 50, "split_member2": 49.99},
                       {"split_mode": "custom", "split_member1": 50}):
            with self.subTest(change):
                problem = self.refused("POST", "/custom-provisions", {**PROVISION, "name": "never", **change})
                self.assertNotIn("SQL", problem["detail"])
        for field, value in (("percentage", 100.01), ("percentage", 2.505), ("percentage", -1), ("percentage", "a lot"),
                             ("split_mode", "60/40"), ("base_calculation", "both"), ("target_cents", 0),
                             ("fixed_cents", -1), ("is_active", 2), ("name", "")):
            with self.subTest(field=field, value=value):
                self.refused("POST", "/custom-provisions", {**PROVISION, field: value}, field=field)
        self.assertEqual([p for p in self.ok("/custom-provisions")["items"] if p["name"] == "never"], [])

    def test_a_resting_provision_asks_for_nothing(self):
        made = self.create(name="Resting", is_active=False)
        self.assertNotIn(made["id"], [p["id"] for p in self.ok("/provisions/calculate")["provisions"]])
        self.assertIn(made["id"], [p["id"] for p in self.ok("/dashboard/provisions/details", include_inactive="true")["provisions"]])

    def test_life_of_a_fixed_line(self):
        made = self.send("POST", "/fixed-lines", {"label": "Insurance", "category": "Housing", "amount_cents": 10001,
                                                  "frequency": "yearly", "split_mode": "50/50"}, 201)
        item = next(i for i in self.ok("/fixed-lines")["items"] if i["id"] == made["id"])
        self.assertEqual((item["monthly_cents"], item["member1_cents"], item["member2_cents"]), (833, 417, 416))
        put = self.send("PUT", f"/fixed-lines/{made['id']}", {"label": "Insurance", "category": "Home", "amount_cents": 5})
        self.assertEqual((put["frequency"], put["category"], put["split_mode"]), ("monthly", "Home", "key"))
        self.assertEqual(self.send("DELETE", f"/fixed-lines/{made['id']}")["label"], "Insurance")
        self.refused("DELETE", f"/fixed-lines/{made['id']}", status=404)
        self.refused("POST", "/fixed-lines", {"label": "x", "category": "y", "amount_cents": 1, "frequency": "daily"},
                     field="frequency")


CONFIG = {"valid_from": "2025-01", "rev1_cents": 300000, "rev2_cents": 200000, "tax_rate1": 10, "tax_rate2": "12.5"}


class Configuration(ServedApp):
    folder = app("household")

    def test_each_month_has_the_version_that_was_valid_then(self):
        first = self.send("PUT", "/config", CONFIG)
        self.assertEqual((first["net1_cents"], first["net2_cents"], first["net_cents"]), (270000, 175000, 445000))
        self.assertEqual((first["ratio1"], first["ratio2"]), (Decimal("60.67"), Decimal("39.33")))
        later = self.send("PUT", "/config", {**CONFIG, "valid_from": "2025-06", "split_mode": "manuel", "split1": "66.67",
                                             "split2": 33.33, "note": "by hand"})
        corrected = self.send("PUT", "/config", {**CONFIG, "rev1_cents": 310000})
        self.assertEqual((later["ratio1"], later["ratio2"]), (Decimal("66.67"), Decimal("33.33")))
        for month, version in (("2024-12", 1), ("2025-01", corrected["version"]), ("2025-05", corrected["version"]),
                               ("2025-06", later["version"]), ("2030-01", later["version"])):
            with self.subTest(month):
                self.assertEqual(self.ok("/config", month=month)["version"], version)
                self.assertEqual(self.ok("/provisions/calculate", month=month)["config"]["version"], version)
        versions = self.ok("/config/versions")
        self.assertEqual([v["version"] for v in versions["items"]],
                         [later["version"], corrected["version"], first["version"], 1])

    def test_what_is_wrong_makes_no_version(self):
        before = self.ok("/config/versions")["total"]
        for field, value in (("rev1_cents", -1), ("rev2_cents", 1_000_000_001), ("rev1_cents", 10.5), ("tax_rate1", 100.5),
                             ("tax_rate2", 1.005), ("split_mode", "equal"), ("valid_from", "2025"), ("member1", "")):
            with self.subTest(field=field, value=value):
                self.refused("PUT", "/config", {**CONFIG, field: value}, field=field)
        self.refused("PUT", "/config", {**CONFIG, "split_mode": "manuel", "split1": 50, "split2": 49})
        self.refused("PUT", "/config", without(CONFIG, "rev2_cents"), field="rev2_cents", code="required")
        self.assertEqual(self.ok("/config/versions")["total"], before)


if __name__ == "__main__":
    unittest.main()
