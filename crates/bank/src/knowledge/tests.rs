//! What a customer reads when they ask, through the front door; on both engines.

use super::{keep_answer, keep_row};
use crate::testing::{APPID, LINGXI, TestBank, YUNLU};
use base::TenantId;
use db::Scope;
use dialogue::knowledge::{Answer, OwnRow};
use nlu::dates::from_iso;

const STAFF: i64 = 77;

fn day(iso: &str) -> i64 {
    from_iso(iso).unwrap()
}

fn own(key: &str, value: &str, from: &str, to: Option<&str>) -> OwnRow {
    OwnRow {
        key: key.into(),
        value: value.into(),
        from: day(from),
        to: to.map(day),
        source: "陵溪利率公告".into(),
        owner: "财务部".into(),
    }
}

async fn keep(bank: &TestBank, tenant: TenantId, row: OwnRow) -> base::Result<()> {
    bank.app.db.write(Scope::Tenant(tenant), move |tx| keep_row(tx, STAFF, &row)).await
}

async fn say_own(bank: &TestBank, entry: &'static str, words: Answer) -> base::Result<()> {
    let unit = move |tx: &db::Tx<'_>| keep_answer(tx, STAFF, entry, &words);
    bank.app.db.write(Scope::Tenant(LINGXI), unit).await
}

fn words(answer: &str, from: &str, to: Option<&str>) -> Answer {
    Answer {
        answer: answer.into(),
        elder: None,
        source: "陵溪网点安排".into(),
        owner: "综合部".into(),
        from: day(from),
        to: to.map(day),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_question_is_answered_with_its_source_by_anyone() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "国家给存款上的保险保多少钱").await;
        assert!(said.contains("50万元以内全额赔") && said.contains("《存款保险条例》"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_institutions_own_rate_stands_over_the_unions_and_ends_without_falling_back() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "存款利率").await;
        assert!(said.contains("定期一年 1.20%") && said.contains("2026年5月20日起"), "{said}");
        let row = own("deposit.fixed.12", "1.35", "2026-11-01", Some("2026-11-30"));
        keep(&bank, LINGXI, row).await.unwrap();
        keep(&bank, YUNLU, own("deposit.fixed.12", "9.99", "2026-11-01", None)).await.unwrap();
        let said = bank.say(APPID, "lifang", "存款利率").await;
        assert!(said.contains("定期一年 1.35%") && said.contains("2026年11月1日起"), "{said}");
        let said = bank.say(APPID, "lifang", "两万存一年定期有多少利息").await;
        assert!(said.contains("利息 270.00 元") && said.contains("1.35%"), "{said}");
        bank.clock.advance_ms(8 * base::DAY_MS);
        let said = bank.say(APPID, "lifang", "存款利率").await;
        assert!(said.contains("正在更新") && !said.contains('%'), "{said}");
        let said = bank.say(APPID, "lifang", "死期跟活期有什么不一样").await;
        assert!(said.contains("过了有效期") && !said.contains('%'), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_countys_own_words_are_said_until_their_day_and_then_withdrawn_with_what_is_near() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let ours =
            words("春节{hours.branch}，只有城关支行值班。", "2026-11-01", Some("2026-11-25"));
        say_own(&bank, "spring_hours", ours).await.unwrap();
        let said = bank.say(APPID, "lifang", "过年银行开门吗").await;
        assert!(said.contains("只有城关支行值班") && said.contains("《陵溪网点安排》"), "{said}");
        bank.clock.advance_ms(5 * base::DAY_MS);
        let said = bank.say(APPID, "lifang", "过年银行开门吗").await;
        assert!(said.contains("过了有效期") && !said.contains("城关"), "{said}");
        assert!(said.contains("国庆节网点开门吗") || said.contains("你们几点开门"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_with_a_number_of_their_own_or_an_unknown_row_are_not_kept() {
    for bank in TestBank::each().await {
        for (entry, text) in [
            ("sms_fee", "短信每月2元。"),
            ("sms_fee", "短信每月{fee.none}。"),
            ("sms_fee", ""),
            ("no_such_entry", "好。"),
        ] {
            let refused = say_own(&bank, entry, words(text, "2026-11-01", None)).await;
            assert!(matches!(refused, Err(base::Error::Refused(_))), "{text}: {refused:?}");
        }
        for row in [
            own("deposit.fixed.12", "1.2%", "2026-11-01", None),
            own("deposit.fixed.13", "1.2", "2026-11-01", None),
            own("deposit.fixed.12", "1.2", "2026-11-02", Some("2026-11-01")),
        ] {
            assert!(keep(&bank, LINGXI, row).await.is_err());
        }
        let count = bank.app.db.read(Scope::Tenant(LINGXI), |tx| {
            let found: Vec<(i64,)> = tx
                .all("SELECT at_ms FROM rate_row WHERE tenant_id = $1", db::params![tx.tenant()])?;
            Ok(found.len())
        });
        assert_eq!(count.await.unwrap(), 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_leaves_a_mark_in_the_audit_trail() {
    for bank in TestBank::each().await {
        keep(&bank, LINGXI, own("fee.sms", "每月1元", "2026-11-01", None)).await.unwrap();
        say_own(&bank, "sms_fee", words("短信{fee.sms}。", "2026-11-01", None)).await.unwrap();
        let marks = bank.app.db.read(Scope::Tenant(LINGXI), |tx| {
            tx.all::<(String, String)>(
                "SELECT act, subject FROM audit WHERE tenant_id = $1 AND actor = 'staff:77' ORDER BY id",
                db::params![tx.tenant()],
            )
        });
        let marks = marks.await.unwrap();
        let expected = [("rates.keep", "fee.sms"), ("knowledge.keep", "sms_fee")];
        assert_eq!(marks, expected.map(|(a, s)| (a.to_owned(), s.to_owned())));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_and_loans_are_reckoned_from_the_tables() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "汇一万块扣多少").await;
        assert!(said.contains("柜台转：10.00 元") && said.contains("手机上转：不收"), "{said}");
        let said = bank.say(APPID, "lifang", "贷款产品").await;
        assert!(said.contains("农户小额信用贷款") && said.contains("4.35%"), "{said}");
        let said = bank.say(APPID, "lifang", "贷5万三年每个月还多少").await;
        assert!(said.contains("1,541.57 元") && said.contains("5,318.78 元"), "{said}");
        bank.stop().await;
    }
}
