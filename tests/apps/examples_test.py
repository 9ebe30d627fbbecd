"""Chinook and Sakila, data that nobody here wrote: each endpoint's figures against plain SQL on the same file."""

import contextlib
import hashlib
import sqlite3
import sys
import unittest
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, example, test_data  # noqa: E402


def cents(amount):
    """A REAL amount of money as it was meant: two decimals."""
    return Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


class ReadOnlyExample(ServedApp):
    file = variable = None

    @classmethod
    def setUpClass(cls):
        cls.path = test_data(cls.file)
        cls.before = hashlib.sha256(cls.path.read_bytes()).hexdigest()
        cls.options = {"environment": {cls.variable: f"sqlite:{cls.path}"}}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if hashlib.sha256(cls.path.read_bytes()).hexdigest() != cls.before:
            raise AssertionError(f"{cls.path} was changed")

    def query(self, sql, *parameters):
        with contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql, parameters)]


class Chinook(ReadOnlyExample):
    folder, file, variable = example("chinook"), "chinook/Chinook_Sqlite.sqlite", "CHINOOK_DB"

    def sales(self, key):
        groups = defaultdict(list)
        for invoice in self.query("SELECT * FROM Invoice"):
            groups[key(invoice)].append(invoice)
        return groups

    def test_sales_by_country_and_month(self):
        groups = self.sales(lambda i: (i["BillingCountry"], i["InvoiceDate"][:7]))
        expected = [{"country": c, "month": m, "invoice_count": len(part), "total": sum(cents(i["Total"]) for i in part)}
                    for (c, m), part in sorted(groups.items())]
        self.assertEqual(self.ok("/sales/by-country"), expected)
        self.assertEqual(self.ok("/sales/by-country", country="Brazil", **{"from": "2022-01", "to": "2022-12"}),
                         [e for e in expected if e["country"] == "Brazil" and "2022-01" <= e["month"] <= "2022-12"])

    def test_sales_by_month(self):
        groups = self.sales(lambda i: i["InvoiceDate"][:7])
        self.assertEqual(self.ok("/sales/by-month"), [
            {"month": m, "invoice_count": len(part), "customer_count": len({i["CustomerId"] for i in part}),
             "total": sum(cents(i["Total"]) for i in part)} for m, part in sorted(groups.items())])

    def test_catalogues_hold_every_album_and_track(self):
        for artist in self.query("SELECT * FROM Artist WHERE ArtistId IN (1, 90, 25, 275)"):
            answer = self.ok(f"/artists/{artist['ArtistId']}/catalogue")
            albums = self.query("SELECT * FROM Album WHERE ArtistId = ? ORDER BY Title, AlbumId", artist["ArtistId"])
            self.assertEqual((answer["id"], answer["name"]), (artist["ArtistId"], artist["Name"]))
            self.assertEqual([a["title"] for a in answer["albums"]], [a["Title"] for a in albums])
            for found, album in zip(answer["albums"], albums):
                tracks = self.query("SELECT t.*, g.Name AS genre FROM Track t LEFT JOIN Genre g USING (GenreId)"
                                    " WHERE AlbumId = ? ORDER BY TrackId", album["AlbumId"])
                self.assertEqual([(t["id"], t["name"], t["genre"], t["unit_price"], t["composer"]) for t in found["tracks"]],
                                 [(t["TrackId"], t["Name"], t["genre"], cents(t["UnitPrice"]), t["Composer"]) for t in tracks])
        self.refused("GET", "/artists/99999/catalogue", status=404)

    def test_artists_are_searched_and_paged(self):
        names = [a["Name"] for a in self.query("SELECT Name FROM Artist ORDER BY Name, ArtistId")]
        self.assertEqual([a["name"] for a in self.ok("/artists", page=2, page_size=40)["items"]], names[40:80])
        page = self.ok("/artists", q="JOÃO")
        self.assertEqual(self.ok("/artists", q="the ")["total"], sum("the " in n.lower() for n in names))
        self.assertLessEqual(page["total"], len(names))
        counted = self.ok("/artists", q="iron maiden")["items"][0]
        self.assertEqual((counted["album_count"], counted["track_count"]), (21, 213))

    def test_top_customers(self):
        by_customer = self.sales(lambda i: i["CustomerId"])
        top = sorted(by_customer, key=lambda c: (-sum(cents(i["Total"]) for i in by_customer[c]), c))[:7]
        answer = self.ok("/customers/top", limit=7)
        self.assertEqual([(c["id"], c["total"], c["invoice_count"]) for c in answer],
                         [(c, sum(cents(i["Total"]) for i in by_customer[c]), len(by_customer[c])) for c in top])

    def test_genre_shares(self):
        groups = defaultdict(Decimal)
        for line in self.query("SELECT l.UnitPrice AS price, l.Quantity AS n, g.Name AS genre FROM InvoiceLine l"
                               " JOIN Track USING (TrackId) JOIN Genre g USING (GenreId)"):
            groups[line["genre"]] += cents(line["price"]) * line["n"]
        whole = sum(groups.values())
        self.assertEqual([(g["genre"], g["total"], g["share"]) for g in self.ok("/genres/shares")], [
            (g, t, (100 * t / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))
            for g, t in sorted(groups.items(), key=lambda e: (-e[1], e[0]))])

    def test_an_invoice_with_its_lines_and_customer(self):
        for number in (1, 98, 412):
            invoice = self.query("SELECT * FROM Invoice WHERE InvoiceId = ?", number)[0]
            answer = self.ok(f"/invoices/{number}")
            self.assertEqual(answer["customer"]["id"], invoice["CustomerId"])
            self.assertEqual(answer["total"], cents(invoice["Total"]))
            self.assertEqual(sum(line["amount"] for line in answer["lines"]), answer["total"])
            self.assertEqual([line["id"] for line in answer["lines"]], [
                line["InvoiceLineId"] for line in
                self.query("SELECT * FROM InvoiceLine WHERE InvoiceId = ? ORDER BY InvoiceLineId", number)])
        self.refused("GET", "/invoices/413", status=404)


class Sakila(ReadOnlyExample):
    folder, file, variable = example("sakila"), "sakila/sakila.sqlite", "SAKILA_DB"

    def test_films_with_their_actors_and_categories(self):
        page = self.ok("/films", page=3, page_size=50)
        films = self.query("SELECT * FROM film ORDER BY title, film_id LIMIT 50 OFFSET 100")
        self.assertEqual(page["total"], 1000)
        self.assertEqual([f["title"] for f in page["items"]], [f["title"] for f in films])
        for found, film in zip(page["items"], films):
            actors = self.query("SELECT a.* FROM actor a JOIN film_actor USING (actor_id) WHERE film_id = ?"
                                " ORDER BY last_name, first_name, actor_id", film["film_id"])
            self.assertEqual([a["name"] for a in found["actors"]], [f"{a['first_name']} {a['last_name']}" for a in actors])
            names = self.query("SELECT c.name FROM category c JOIN film_category USING (category_id) WHERE film_id = ?",
                               film["film_id"])
            self.assertEqual([c["name"] for c in found["categories"]], [c["name"] for c in names])
            self.assertEqual(found["rental_rate"], cents(film["rental_rate"]))

    def test_films_are_filtered(self):
        for query, where in (({"rating": "NC-17"}, "rating = 'NC-17'"), ({"max_length": 50}, "length <= 50"),
                             ({"q": "dinosaur"}, "title LIKE '%DINOSAUR%'"),
                             ({"category": "Horror"}, "film_id IN (SELECT film_id FROM film_category JOIN category"
                                                      " USING (category_id) WHERE name = 'Horror')")):
            with self.subTest(query):
                ids = [f["film_id"] for f in self.query(f"SELECT film_id FROM film WHERE {where} ORDER BY title, film_id")]
                page = self.ok("/films", page_size=200, **query)
                self.assertEqual(page["total"], len(ids))
                self.assertEqual([f["id"] for f in page["items"]], ids[:200])

    def test_overdue_rentals(self):
        expected = self.query(
            "SELECT rental_id, store_id, CAST(julianday('2006-02-15') - julianday(date(rental_date)) - rental_duration AS INTEGER)"
            " AS days FROM rental JOIN inventory USING (inventory_id) JOIN film USING (film_id)"
            " WHERE return_date IS NULL AND julianday(date(rental_date)) + rental_duration < julianday('2006-02-15')"
            " ORDER BY days DESC, rental_id")
        self.assertGreater(len(expected), 0)
        page = self.ok("/rentals/overdue", page_size=500)
        self.assertEqual([(r["id"], r["days_overdue"]) for r in page["items"]], [(e["rental_id"], e["days"]) for e in expected])
        store = self.ok("/rentals/overdue", page_size=500, store_id=2)
        self.assertEqual([r["id"] for r in store["items"]], [e["rental_id"] for e in expected if e["store_id"] == 2])

    def test_store_revenue_by_month(self):
        groups = defaultdict(list)
        for p in self.query("SELECT p.*, coalesce(i.store_id, s.store_id) AS store FROM payment p JOIN staff s USING (staff_id)"
                            " LEFT JOIN rental r ON r.rental_id = p.rental_id"
                            " LEFT JOIN inventory i ON i.inventory_id = r.inventory_id"):
            groups[p["store"], p["payment_date"][:7]].append(cents(p["amount"]))
        answer = self.ok("/stores/revenue")
        self.assertEqual(answer, [{"store_id": s, "month": m, "payment_count": len(part), "revenue": sum(part)}
                                  for (s, m), part in sorted(groups.items())])
        self.assertEqual(sum(a["revenue"] for a in answer),
                         sum(cents(p["amount"]) for p in self.query("SELECT amount FROM payment")))

    def test_history_of_a_customer(self):
        for number in (1, 16, 599):
            answer = self.ok(f"/customers/{number}/history")
            customer = self.query("SELECT * FROM customer WHERE customer_id = ?", number)[0]
            self.assertEqual((answer["last_name"], answer["active"]), (customer["last_name"], customer["active"] == "1"))
            rentals = self.query("SELECT * FROM rental WHERE customer_id = ? ORDER BY rental_date DESC, rental_id DESC", number)
            self.assertEqual([r["id"] for r in answer["rentals"]], [r["rental_id"] for r in rentals])
            self.assertEqual(answer["rental_count"], len(rentals))
            paid = self.query("SELECT * FROM payment WHERE customer_id = ?", number)
            self.assertEqual(answer["total_paid"], sum(cents(p["amount"]) for p in paid))
            own = {r["rental_id"] for r in rentals}  # a few payments are for another customer's rental, or for none
            self.assertEqual(sorted(p["id"] for r in answer["rentals"] for p in r["payments"]),
                             sorted(p["payment_id"] for p in paid if p["rental_id"] in own))
        self.refused("GET", "/customers/600/history", status=404)


if __name__ == "__main__":
    unittest.main()
