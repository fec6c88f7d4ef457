-- Later transfers may be paused and are told of the day before.

-- Whether the customer is told of an order that is no agreement the day before it comes due. `payment_order.state` may also be
-- paused: it is not due until its customer resumes it.
ALTER TABLE payment_order ADD COLUMN is_reminded BOOLEAN NOT NULL DEFAULT TRUE;
