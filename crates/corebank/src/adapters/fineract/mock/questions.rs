//! What is read: shapes of core.md §6.1.

use super::books::{Account, Books, Client, DEPOSIT, HOLD, RELEASE, Transfer, Tx, WITHDRAWAL};
use super::reply::{Reply, day, yuan};
use super::server::Asked;
use crate::day::Day;
use serde_json::{Value, json};
use std::cmp::Ordering;

const MISSING: &str = "error.msg.saving.account.id.invalid";

pub(super) fn question(books: &Books, asked: &Asked, today: Day) -> Reply {
    let number = |text: &str| text.parse::<i64>().unwrap_or(-1);
    let found = match asked.parts().as_slice() {
        ["businessdate", "BUSINESS_DATE"] => Some(
            json!({ "description": "Business Date", "type": "BUSINESS_DATE", "date": day(today) }),
        ),
        ["clients", id] => books.client(number(id)).map(client),
        ["clients", id, "identifiers"] => books.client(number(id)).map(identifiers),
        ["clients", id, "accounts"] => books.client(number(id)).map(|c| accounts(books, c)),
        ["savingsaccounts", "external-id", n] => books.by_number(n).map(|a| savings(books, a)),
        ["savingsaccounts", id] => books.account(number(id)).map(|a| savings(books, a)),
        ["savingsaccounts", id, "transactions", "search"] => {
            return match books.account(number(id)) {
                Some(account) => search(books, account, asked),
                None => Reply::missing(MISSING),
            };
        }
        ["savingsaccounts", id, "transactions", tx] => {
            let (account, tx) = (number(id), number(tx));
            let found = books.txs.iter().find(|t| t.id == tx && t.account == account);
            found.map(|t| transaction(books, t, false))
        }
        // The external id in its query is taken and means nothing.
        ["accounttransfers"] => {
            let details = asked.parameter("accountDetailId").map(number);
            let all = books.transfers.iter().filter(|t| details.is_none_or(|d| t.details == d));
            let items: Vec<Value> = all.map(|t| transfer(books, t)).collect();
            Some(json!({ "totalFilteredRecords": items.len(), "pageItems": items }))
        }
        // The number of the transaction, not of its details.
        ["accounttransfers", id] => {
            books.transfers.iter().find(|t| t.id == number(id)).map(|t| transfer(books, t))
        }
        // A stub: it answers nothing, always.
        ["interoperation", "transactions", _, "transfers", _] => Some(Value::Null),
        _ => None,
    };
    found.map_or_else(|| Reply::missing(MISSING), |value| Reply::ok(&value))
}

fn client(c: &Client) -> Value {
    json!({
        "id": c.id, "accountNo": format!("{:09}", c.id),
        "status": { "id": 300, "code": "clientStatusType.active", "value": "Active" }, "active": true,
        "activationDate": day(c.new.since), "officeId": 1, "officeName": "Head Office",
        "displayName": c.new.name.reveal(), "mobileNo": c.new.mobile.as_ref().map(|m| m.reveal().clone()),
    })
}

fn identifiers(c: &Client) -> Value {
    let (name, number) = &c.new.document;
    json!([{
        "id": 1, "clientId": c.id, "documentType": { "id": 1, "name": name },
        "documentKey": number.reveal(), "description": "",
    }])
}

fn accounts(books: &Books, c: &Client) -> Value {
    let own = books.accounts.iter().filter(|a| a.client == c.id);
    let all: Vec<Value> = own
        .map(|a| {
            json!({
                "id": a.id, "accountNo": format!("{:09}", a.id), "externalId": a.number, "productId": 1,
                "productName": "活期储蓄", "shortProductName": "HQ", "status": status(a), "currency": currency(),
                "accountBalance": yuan(books.balance(a.id)),
                "depositType": { "id": 100, "code": "depositAccountType.savingsDeposit", "value": "Savings" },
            })
        })
        .collect();
    if all.is_empty() { json!({}) } else { json!({ "savingsAccounts": all }) }
}

fn status(a: &Account) -> Value {
    let (id, code) = if a.terms.is_closed { (600, "closed") } else { (300, "active") };
    json!({
        "id": id, "code": format!("savingsAccountStatusType.{code}"), "value": code,
        "active": !a.terms.is_closed, "closed": a.terms.is_closed,
    })
}

fn currency() -> Value {
    json!({ "code": "CNY", "name": "Yuan", "decimalPlaces": 2, "inMultiplesOf": 0, "displaySymbol": "¥" })
}

fn savings(books: &Books, a: &Account) -> Value {
    let name = books.client(a.client).map(|c| c.new.name.reveal().clone());
    json!({
        "id": a.id, "accountNo": format!("{:09}", a.id), "externalId": a.number, "clientId": a.client,
        "clientName": name, "savingsProductId": 1, "savingsProductName": "活期储蓄", "status": status(a),
        "subStatus": { "id": a.terms.sub_status },
        "timeline": { "submittedOnDate": day(a.opened), "activatedOnDate": day(a.opened) },
        "currency": currency(), "withdrawalFeeForTransfers": a.terms.charges_transfers, "allowOverdraft": false,
        "savingsAmountOnHold": yuan(books.held(a.id)),
        "summary": {
            "currency": currency(), "accountBalance": yuan(books.balance(a.id)),
            "availableBalance": yuan(books.available(a.id)),
        },
    })
}

/// A line in a list says which way it went; alone it does not.
fn transaction(books: &Books, tx: &Tx, is_listed: bool) -> Value {
    let code = match tx.kind {
        DEPOSIT => "deposit",
        WITHDRAWAL => "withdrawal",
        HOLD => "onHold",
        _ => "release",
    };
    let mut told = json!({
        "id": tx.id, "accountId": tx.account, "accountNo": format!("{:09}", tx.account), "date": day(tx.date),
        "transactionType": {
            "id": tx.kind, "code": format!("savingsAccountTransactionType.{code}"), "value": code,
            "deposit": tx.kind == DEPOSIT, "withdrawal": tx.kind == WITHDRAWAL,
            "amountHold": tx.kind == HOLD, "amountRelease": tx.kind == RELEASE,
        },
        "currency": currency(), "amount": yuan(tx.amount), "runningBalance": yuan(books.running(tx)),
        "reversed": false, "submittedOnDate": day(tx.date), "isReversal": false, "lienTransaction": false,
        "releaseTransactionId": tx.release.unwrap_or(0),
    });
    if is_listed {
        told["entryType"] =
            json!(if matches!(tx.kind, DEPOSIT | RELEASE) { "CREDIT" } else { "DEBIT" });
    }
    if let Some(receipt) = &tx.receipt {
        told["paymentDetailData"] = json!({
            "id": tx.id, "paymentType": { "id": 1, "name": "WX" }, "accountNumber": "", "checkNumber": "",
            "routingCode": "INTEROPERATION", "receiptNumber": receipt, "bankNumber": "",
        });
    }
    if !tx.note.is_empty() {
        told["note"] = json!(tx.note);
    }
    if let Some(t) = books.transfers.iter().find(|t| Some(t.id) == tx.transfer) {
        told["transfer"] = json!({
            "id": t.id, "reversed": false, "transferAmount": yuan(t.amount), "transferDate": day(t.date),
            "transferDescription": t.description,
        });
    }
    told
}

fn transfer(books: &Books, t: &Transfer) -> Value {
    let side = |account: i64| {
        let client = books.account(account).map_or(0, |a| a.client);
        (json!({ "id": client }), json!({ "id": account, "accountNo": format!("{account:09}") }))
    };
    let ((from_client, from), (to_client, to)) = (side(t.from), side(t.to));
    let kind = json!({ "id": 2, "code": "accountType.savings", "value": "Savings Account" });
    json!({
        "id": t.id, "reversed": false, "currency": currency(), "transferAmount": yuan(t.amount),
        "transferDate": day(t.date), "transferDescription": t.description, "fromOffice": { "id": 1 },
        "fromClient": from_client, "fromAccountType": kind, "fromAccount": from, "toOffice": { "id": 1 },
        "toClient": to_client, "toAccountType": kind, "toAccount": to,
    })
}

fn search(books: &Books, account: &Account, asked: &Asked) -> Reply {
    if asked.parameter("dateFormat") != Some("yyyy-MM-dd") || asked.parameter("locale").is_none() {
        return Reply::no(400, "validation.msg.invalid.dateFormat.format", "dateFormat");
    }
    let date = |name| asked.parameter(name).and_then(|text| text.parse::<Day>().ok());
    let (from, to) = (date("fromDate"), date("toDate"));
    let fits = |tx: &&Tx| {
        tx.account == account.id
            && from.is_none_or(|d| tx.date >= d)
            && to.is_none_or(|d| tx.date <= d)
    };
    let mut all: Vec<&Tx> = books.txs.iter().filter(fits).collect();
    let order = asked.parameter("orderBy").unwrap_or("transactionDate,createdDate,id");
    let is_latest_first = asked.parameter("sortOrder") == Some("DESC");
    all.sort_by(|a, b| {
        let by = order.split(',').map(|column| match column {
            "transactionDate" => a.date.cmp(&b.date),
            // Made in the order of their numbers.
            _ => a.id.cmp(&b.id),
        });
        let found = by.fold(Ordering::Equal, Ordering::then);
        if is_latest_first { found.reverse() } else { found }
    });
    let size = |name, usual| asked.parameter(name).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let limit: usize = size("limit", 200).max(1);
    // Whole pages only: another offset is rounded down to one.
    let page = size("offset", 0) / limit;
    let told = all.iter().skip(page * limit).take(limit);
    let content: Vec<Value> = told.map(|tx| transaction(books, tx, true)).collect();
    Reply::ok(&json!({ "total": all.len(), "content": content }))
}
