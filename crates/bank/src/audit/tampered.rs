//! The chain in the database, on every engine there is: whole after real acts, and broken by whoever changes them later.

use super::keep::{self, Anchor};
use super::tool::{self, Errand};
use crate::app::App;
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::Result;
use db::{Scope, Tx, params};
use serde_json::Value;
use std::sync::Arc;

async fn proved(bank: &TestBank, anchors: &[Anchor]) -> Option<String> {
    keep::prove(&bank.app.db, LINGXI, anchors).await.unwrap().broken
}

async fn change(
    bank: &TestBank,
    unit: impl Fn(&Tx<'_>) -> Result<u64> + Clone + Send + Sync + 'static,
) {
    assert_eq!(bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap(), 1);
}

/// Row and place in the middle of the chain.
async fn middle(bank: &TestBank) -> (i64, i64) {
    let unit = |tx: &Tx<'_>| {
        let last: i64 =
            tx.one("SELECT MAX(seq) FROM audit_chain WHERE tenant_id = $1", params![tx.tenant()])?;
        let id = tx.one(
            "SELECT audit_id FROM audit_chain WHERE tenant_id = $1 AND seq = $2",
            params![tx.tenant(), last / 2],
        )?;
        Ok((id, last / 2))
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

async fn verify(app: &Arc<App>, anchors: Option<String>) -> Value {
    let errand = Errand::Verify { institution: Some("lingxi".into()), anchors };
    tool::run(app, errand).await.unwrap()
}

/// A bank where something has happened, all of it sealed.
async fn lived_in(bank: &TestBank) {
    bank.bind(APPID, "lifang", &people()[0]).await;
    bank.say(APPID, "lifang", "卡丢了").await;
    bank.say(APPID, "lifang", "解绑").await;
    bank.say(APPID, "lifang", "确定").await;
    keep::round(&bank.app.db).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_proved_and_what_was_changed_later_is_named_au_03_au_05() {
    for bank in TestBank::each().await {
        lived_in(&bank).await;
        assert_eq!(proved(&bank, &[]).await, None);
        let told = verify(&bank.app, None).await;
        assert!(told["broken"] == 0 && told["text"].as_str().unwrap().contains("whole"), "{told}");

        let (id, place) = middle(&bank).await;
        assert!(place > 2, "too little has happened");
        let named = format!("place {place}: the row or its hash was changed");
        change(&bank, move |tx| {
            let sql = "UPDATE audit SET outcome = outcome || 'x' WHERE tenant_id = $1 AND id = $2";
            tx.exec(sql, params![tx.tenant(), id])
        })
        .await;
        assert_eq!(proved(&bank, &[]).await, Some(named));
        let told = verify(&bank.app, None).await;
        assert!(told["broken"] == 1 && told["text"].as_str().unwrap().contains("BROKEN"), "{told}");

        change(&bank, move |tx| {
            tx.exec("DELETE FROM audit WHERE tenant_id = $1 AND id = $2", params![tx.tenant(), id])
        })
        .await;
        assert_eq!(proved(&bank, &[]).await, Some(format!("place {place}: the row is gone")));
        change(&bank, move |tx| {
            tx.exec(
                "DELETE FROM audit_chain WHERE tenant_id = $1 AND seq = $2",
                params![tx.tenant(), place],
            )
        })
        .await;
        assert_eq!(proved(&bank, &[]).await, Some(format!("place {place}: its place is missing")));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_came_in_another_way_has_no_place() {
    for bank in TestBank::each().await {
        lived_in(&bank).await;
        change(&bank, |tx| {
            tx.exec(
                "INSERT INTO audit (tenant_id, id, at_ms, actor, act, subject, outcome, detail) \
                 VALUES ($1, 5, 5, 'follower:5', 'bind', 'x', 'done', '')",
                params![tx.tenant()],
            )
        })
        .await;
        let broken = proved(&bank, &[]).await;
        assert_eq!(broken.as_deref(), Some("1 rows have no place and wait for none"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_put_back_is_known_by_what_was_written_down_elsewhere_au_04() {
    for bank in TestBank::each().await {
        lived_in(&bank).await;
        let told = tool::run(&bank.app, Errand::Heads).await.unwrap();
        let written = told["text"].as_str().unwrap().to_owned();
        let anchors = keep::anchors(&written).unwrap();
        assert_eq!(proved(&bank, &anchors).await, None);
        let ours = anchors.iter().find(|a| a.tenant == LINGXI).unwrap().head.seq;
        // As if the last act had never been: row, place and all.
        change(&bank, move |tx| {
            tx.exec(
                "DELETE FROM audit WHERE tenant_id = $1 AND id = \
                 (SELECT audit_id FROM audit_chain WHERE tenant_id = $1 AND seq = $2)",
                params![tx.tenant(), ours],
            )?;
            tx.exec(
                "DELETE FROM audit_chain WHERE tenant_id = $1 AND seq = $2",
                params![tx.tenant(), ours],
            )
        })
        .await;
        assert_eq!(proved(&bank, &[]).await, None, "by itself it looks whole");
        let broken = proved(&bank, &anchors).await.unwrap();
        let known = format!("place {} is the last, but {ours} was written down", ours - 1);
        assert!(broken.starts_with(&known), "{broken}");
        assert_eq!(verify(&bank.app, Some(written)).await["broken"], 1);
        bank.stop().await;
    }
}

#[test]
fn an_anchor_file_that_is_damaged_says_where() {
    let good = "2026-11-23T10:00+08:00|11|4|".to_owned() + &"ab".repeat(32);
    assert_eq!(keep::anchors(&good).unwrap()[0].head.seq, 4);
    for bad in ["x", "a|11|4|ab", &good.replace("|4|", "|four|"), &good.replace("ab", "zz")] {
        let e = keep::anchors(&format!("{good}\n{bad}")).unwrap_err();
        assert!(e.to_string().contains("line 2"), "{bad}: {e}");
    }
}
