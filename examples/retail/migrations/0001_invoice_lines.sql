-- One row a line of the CSV. Prices have up to three decimals: they are kept as integer thousandths of a pound (*_mil),
-- so that amounts are exact products and sums.
--
-- A cancelled invoice is one whose number begins with C: its quantities are negative, so plain sums are net of it.
CREATE TABLE invoice_lines (
  id               INTEGER PRIMARY KEY,
  invoice_no       TEXT NOT NULL CONSTRAINT invoice_no_is_given CHECK (length(invoice_no) BETWEEN 1 AND 20),
  stock_code       TEXT NOT NULL CONSTRAINT stock_code_is_given CHECK (length(stock_code) BETWEEN 1 AND 40),
  description      TEXT,
  quantity         INTEGER NOT NULL CONSTRAINT quantity_is_whole CHECK (typeof(quantity) = 'integer'),
  invoice_date     TIMESTAMP NOT NULL CONSTRAINT invoice_date_is_real
                   CHECK (invoice_date IS strftime('%Y-%m-%dT%H:%M:%S', invoice_date)),
  unit_price_mil   INTEGER NOT NULL CONSTRAINT unit_price_is_exact CHECK (typeof(unit_price_mil) = 'integer'),
  customer_id      INTEGER,
  country          TEXT NOT NULL,
  month            TEXT GENERATED ALWAYS AS (substr(invoice_date, 1, 7)) STORED,
  is_cancellation  BOOLEAN GENERATED ALWAYS AS (substr(invoice_no, 1, 1) = 'C') STORED,
  amount_mil       INTEGER GENERATED ALWAYS AS (quantity * unit_price_mil) STORED
);

CREATE INDEX invoice_lines_revenue ON invoice_lines (month, country, is_cancellation, amount_mil);
CREATE INDEX invoice_lines_products ON invoice_lines (stock_code, month, quantity, amount_mil, is_cancellation);
CREATE INDEX invoice_lines_customers ON invoice_lines (customer_id, month, is_cancellation, invoice_no, amount_mil)
  WHERE customer_id IS NOT NULL;
CREATE INDEX invoice_lines_invoices ON invoice_lines (invoice_no);
CREATE INDEX invoice_lines_cancelled ON invoice_lines (invoice_date) WHERE is_cancellation;

-- @down
DROP TABLE invoice_lines;
