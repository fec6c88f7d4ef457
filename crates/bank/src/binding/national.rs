//! Photo and face under the 国密 profile: the same journeys, and what of them lies on the disk.

use super::photos::{photo, picture};
use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use crate::vault::columns::{ALL, START};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{Engine, Scope, Tx, params};
use serde_json::json;

/// The second byte of what SM4-GCM sealed.
const SM4: u8 = 2;

impl TestBank {
    /// All the bank keeps, as whoever carries the disk away sees it.
    async fn disk(&self) -> String {
        if self.app.db.engine() == Engine::Sqlite {
            let file = self.database_url().trim_start_matches("sqlite:");
            let read = |end| std::fs::read(format!("{file}{end}")).unwrap_or_default();
            return String::from_utf8_lossy(&[read(""), read("-wal")].concat()).into_owned();
        }
        let unit = |tx: &Tx<'_>| {
            let tables: Vec<(String,)> = tx.all(
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()",
                params![],
            )?;
            let mut all = String::new();
            for (table,) in tables {
                let every_row: &'static str =
                    format!("SELECT CAST(t AS TEXT) FROM {table} t").leak();
                let rows: Vec<(String,)> = tx.all(every_row, params![])?;
                all.extend(rows.into_iter().map(|(row,)| row + "\n"));
            }
            Ok(all)
        };
        self.app.db.read(Scope::House, unit).await.unwrap()
    }
}

/// What nobody may find: the text, and as PostgreSQL shows it inside bytes.
fn holds(disk: &str, what: &str) -> bool {
    let hex: String = what.bytes().map(|b| format!("{b:02x}")).collect();
    disk.contains(what) || disk.contains(&hex)
}

#[tokio::test(flavor = "multi_thread")]
async fn photo_and_face_work_under_sm4_and_leave_nothing_readable_dp_02_dp_03_dp_04() {
    for bank in TestBank::each_national().await {
        let li = &people()[0];
        bank.take_pictures(li).await;
        let old = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &old).await;
        for (kind, mark) in [("bank_card", "card"), ("id_card", "id")] {
            let sent = photo(kind, &picture(mark));
            assert_eq!(old.post(&bank, &slug, "bind/photo", sent).await.0, 200, "{mark}");
        }
        bank.bind_on(&old, &slug, li).await;

        let new = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &new).await;
        new.post(&bank, &slug, "bind/photo", photo("id_card", &picture("id"))).await;
        let mut claim = elements(li);
        claim["aim"] = json!("swap");
        let (status, told) = new.post(&bank, &slug, "bind/check", claim).await;
        assert_eq!((status, &told["aim"]), (200, &json!("swap")), "{told}");
        bank.clock.advance_ms(61_000);
        bank.to_the_pin(&new, &slug, li).await;
        bank.pass_face(&new, &slug).await;
        // In the middle of it all, and when it is over.
        for is_over in [false, true] {
            if is_over {
                let typed = new.typed(&bank, &slug, "274906", "274906").await;
                let (_, told) = new.post(&bank, &slug, "bind/pin", typed).await;
                assert_eq!(told["step"], "done", "{told}");
                assert!(bank.say(APPID, "wangqiang", "余额").await.contains("1,280.50"));
            }
            let disk = bank.disk().await;
            assert!(disk.contains("bind.photo") && disk.contains("bind.face"), "it is all there");
            let bytes = STANDARD.decode(picture("id")).unwrap();
            let pixels: String = String::from_utf8_lossy(&bytes).chars().skip(1).collect();
            for secret in [li.name, &li.id_no, &li.card_no, li.mobile, &picture("id"), &pixels] {
                assert!(!holds(&disk, secret), "{secret} is readable");
            }
        }

        let unit = |tx: &Tx<'_>| {
            let mut sealed = vec![];
            for column in ALL {
                let values = column.page(tx, START, 1_000)?;
                sealed.extend(values.into_iter().map(|v| (column.name(), v.sealed[1])));
            }
            let keys: Vec<(String,)> =
                tx.all("SELECT alg FROM tenant_key WHERE tenant_id = $1", params![tx.tenant()])?;
            Ok((sealed, keys))
        };
        let (sealed, keys) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert!(sealed.iter().any(|(column, _)| column == "binding.customer_sealed"));
        assert!(sealed.len() > 5, "{sealed:?}");
        let other: Vec<_> = sealed.iter().filter(|(_, alg)| *alg != SM4).collect();
        assert!(other.is_empty(), "{other:?}");
        assert!(keys.iter().all(|(alg,)| alg == "sm4-gcm"), "{keys:?}");
        bank.stop().await;
    }
}
