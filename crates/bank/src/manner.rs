//! How a follower wants to be told: pages read aloud (念给我听) or not, and how fast. No personal data.

use crate::audit::{self, Actor};
use crate::followers::FollowerId;
use base::Result;
use db::{Tx, params};

/// A follower's wish; who never said anything is read nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    pub reads: bool,
    pub is_slow: bool,
}

impl Manner {
    /// `on` `slow` `off`, as a flow says it.
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "on" => Self { reads: true, is_slow: false },
            "slow" => Self { reads: true, is_slow: true },
            "off" => Self::default(),
            _ => return None,
        })
    }
}

pub fn set(tx: &Tx<'_>, follower: FollowerId, manner: Manner) -> Result<()> {
    tx.exec(
        "INSERT INTO manner (tenant_id, follower_id, reads, is_slow, set_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, follower_id) DO UPDATE SET reads = excluded.reads, \
         is_slow = excluded.is_slow, set_at_ms = excluded.set_at_ms",
        params![tx.tenant(), follower, manner.reads, manner.is_slow, tx.now()],
    )?;
    let detail = match (manner.reads, manner.is_slow) {
        (false, _) => "off",
        (true, false) => "on",
        (true, true) => "slow",
    };
    audit::note(tx, Actor::Follower(follower.raw()), "setting.reading", "", "done", detail)
}

pub fn of(tx: &Tx<'_>, follower: FollowerId) -> Result<Manner> {
    let found: Option<(bool, bool)> = tx.opt(
        "SELECT reads, is_slow FROM manner WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(found.map_or_else(Manner::default, |(reads, is_slow)| Manner { reads, is_slow }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{APPID, Browser, TestBank};
    use serde_json::json;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_wants_to_hear_it_is_told_so_by_every_page_until_they_say_otherwise() {
        for bank in TestBank::each().await {
            let browser = Browser::default();
            let slug = bank.open_binding(APPID, "lifang", &browser).await;
            let told = async || {
                let (_, session) = browser.api(&bank, &slug, "session").await;
                (session["reads"].clone(), session["reads_slowly"].clone())
            };
            assert_eq!(told().await, (json!(false), json!(false)));
            let said = bank.say(APPID, "lifang", "打开语音播报").await;
            assert!(said.contains("念给我听"), "{said}");
            assert_eq!(told().await, (json!(true), json!(false)));
            bank.say(APPID, "lifang", "语音播报慢一点").await;
            assert_eq!(told().await, (json!(true), json!(true)));
            bank.say(APPID, "lifang", "关闭播报").await;
            assert_eq!(told().await, (json!(false), json!(false)));
            bank.stop().await;
        }
    }
}
