//! Questions about customers, accounts and cards, and what customers set.

use super::{Call, arg};
use corebank::CoreError;

/// Customers, accounts, PINs.
pub(super) async fn answer(name: &str, call: &Call<'_>) -> Option<Vec<u8>> {
    let (core, ctx) = (call.core, call.ctx);
    serve!(name, call, {
        CAPABILITIES
            | _
            | async { Ok::<_, CoreError>((core.capabilities(), core.bill_desk().is_some())) };
        HEALTH | _ | core.health(ctx);
        ISSUER | a | core.issuer(ctx, &a.number);
        VERIFY_PARTY | a | core.verify_party(ctx, &arg(a)?);
        OTP_TARGET | a | core.otp_target(ctx, &arg(a.cust_no)?);
        CUSTOMER | a | core.customer(ctx, &arg(a.cust_no)?);
        ACCOUNTS | a | core.accounts(ctx, &arg(a.cust_no)?);
        BALANCE | a | core.balance(ctx, &arg(a.account)?);
        TRANSACTIONS | a | core.transactions(ctx, &arg(a)?);
        TOTALS | a | core.totals(ctx, &arg(a)?);
        LINE | a | core.line(ctx, &arg(a.account)?, &arg(a.line)?);
        ASSETS | a | core.assets(ctx, &arg(a.cust_no)?);
        IDENTITY | a | core.identity(ctx, &arg(a.cust_no)?);
        SET_PIN | a | core.set_pin(ctx, &arg(a.cust_no)?, &arg(a.pin)?);
        VERIFY_PIN | a | core.verify_pin(ctx, &arg(a.cust_no)?, &arg(a.pin)?);
        PIN_STATE | a | core.pin_state(ctx, &arg(a.cust_no)?);
        UNLOCK_PIN | a | core.unlock_pin(ctx, &arg(a.cust_no)?);
        SET_CARD_STATE
            | a
            | core.set_card_state(ctx, &arg(a.cust_no)?, &arg(a.account)?, arg(a.wish)?);
        CONTROLS | a | core.controls(ctx, &arg(a.cust_no)?, &arg(a.account)?);
        SET_CONTROL | a | core.set_control(ctx, &arg(a.cust_no)?, &arg(a.account)?, arg(a.wish)?);
        ACCOUNT_INTEREST | a | core.account_interest(ctx, &arg(a.account)?);
        LIMITS | a | core.limits(ctx, &arg(a.account)?);
        OPENING_BRANCH | a | core.opening_branch(ctx, &arg(a.account)?);
        OFFICER | a | core.officer(ctx, &arg(a.cust_no)?);
    })
}

/// Credit cards, loans, deposits, batches of payments, social security.
pub(super) async fn answer_of_cards(name: &str, call: &Call<'_>) -> Option<Vec<u8>> {
    let (core, ctx) = (call.core, call.ctx);
    serve!(name, call, {
        CARD | a | core.card(ctx, &arg(a.account)?);
        BILLS | a | core.bills(ctx, &arg(a.account)?, arg(a.count)?);
        CARD_PLANS | a | core.card_plans(ctx, &arg(a.account)?);
        POINTS | a | core.points(ctx, &arg(a.account)?);
        CARD_PRODUCTS | _ | core.card_products(ctx);
        VERIFY_CVV | a | core.verify_cvv(ctx, &arg(a.cust_no)?, &arg(a.account)?, &arg(a.cvv)?);
        SET_CARD_PIN
            | a
            | core.set_card_pin(
                ctx,
                &arg(a.cust_no)?,
                &arg(a.account)?,
                arg(a.which)?,
                &arg(a.pin)?,
            );
        CHANGE_CARD | a | core.change_card(ctx, &arg(a.cust_no)?, &arg(a.account)?, arg(a.wish)?);
        LOANS | a | core.loans(ctx, &arg(a.cust_no)?);
        SCHEDULE | a | core.schedule(ctx, &arg(a.account)?);
        CREDIT_LINES | a | core.credit_lines(ctx, &arg(a.cust_no)?);
        GUARANTEES | a | core.guarantees(ctx, &arg(a.cust_no)?);
        TERM_DEPOSITS | a | core.term_deposits(ctx, &arg(a.cust_no)?);
        SET_NOTICE | a | core.set_notice(ctx, &arg(a.account)?, arg(a.wish)?);
        SET_RENEWAL | a | core.set_renewal(ctx, &arg(a.account)?, arg(a.renewal)?);
        PAYOUTS | a | core.payouts(ctx, &arg(a.cust_no)?, arg(a.ask)?);
        PENSION | a | core.pension(ctx, &arg(a.cust_no)?);
        MEDICAL_ACCOUNT | a | core.medical_account(ctx, &arg(a.cust_no)?);
        CONTRIBUTIONS | a | core.contributions(ctx, &arg(a.cust_no)?);
        SOCIAL_CARD | a | core.social_card(ctx, &arg(a.cust_no)?);
    })
}
